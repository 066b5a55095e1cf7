import type { DataType, StructField, StructType } from '../types.ts';
import type { Predicate } from './predicate.ts';
import { type Comparable, type Constant, compare, toComparable } from './values.ts';

/** What is known of the values of a column in one file. */
export interface ColumnRange {
  readonly min?: Comparable;
  readonly max?: Comparable;
  readonly mayBeNull: boolean;
  readonly mayBeValue: boolean;
}

/** Tells what is known of a column; a column that it knows nothing of may hold anything. */
export type RangeOf = (column: readonly string[], type: DataType) => ColumnRange;

export const UNKNOWN_RANGE: ColumnRange = { mayBeNull: true, mayBeValue: true };

// The set of truth values that a predicate may have on the rows of a file.
const TRUE = 1;
const FALSE = 2;
const NULL = 4;
const ANY: number = TRUE | FALSE | NULL;

/**
 * False when the predicate is true for no row of the file. It concludes that only from what is certain: what is unknown counts
 * as possible, and so does every combination of what single columns make possible.
 */
export function mayMatch(predicate: Predicate, schema: StructType, rangeOf: RangeOf): boolean {
  return (outcomes(predicate, schema, rangeOf) & TRUE) !== 0;
}

function outcomes(predicate: Predicate, schema: StructType, rangeOf: RangeOf): number {
  switch (predicate.kind) {
    case 'and':
      return predicate.operands.map((p) => outcomes(p, schema, rangeOf)).reduce((a, b) => combine(a, b, FALSE), TRUE);
    case 'or':
      return predicate.operands.map((p) => outcomes(p, schema, rangeOf)).reduce((a, b) => combine(a, b, TRUE), FALSE);
    case 'not':
      return negate(outcomes(predicate.operand, schema, rangeOf));
    case 'in':
      return predicate.values
        .map((value) => comparison({ column: predicate.column, operator: '=', value }, schema, rangeOf))
        .reduce((a, b) => combine(a, b, TRUE), FALSE);
    case 'compare':
      return comparison(predicate, schema, rangeOf);
    default:
      return nullness(predicate.column, schema, rangeOf);
  }
}

function nullness(column: readonly string[], schema: StructType, rangeOf: RangeOf): number {
  const type = typeOf(schema, column);
  if (type === undefined) return ANY;
  const range = rangeOf(column, type);
  return set(range.mayBeNull, range.mayBeValue);
}

/** AND and OR of three-valued logic: `strong` decides alone, NULL comes next. */
function combine(a: number, b: number, strong: number): number {
  const weak = strong === TRUE ? FALSE : TRUE;
  const both = a !== 0 && b !== 0;
  if (!both) return 0;
  let result = (a | b) & strong;
  if ((a & NULL && b & (NULL | weak)) || (b & NULL && a & (NULL | weak))) result |= NULL;
  if (a & b & weak) result |= weak;
  return result;
}

function negate(set: number): number {
  return (set & NULL) | (set & TRUE ? FALSE : 0) | (set & FALSE ? TRUE : 0);
}

type Comparison = Pick<Extract<Predicate, { kind: 'compare' }>, 'column' | 'operator' | 'value'>;

function comparison({ column, operator, value }: Comparison, schema: StructType, rangeOf: RangeOf): number {
  if (value === null) return NULL;
  const type = typeOf(schema, column);
  if (type === undefined) return ANY;
  const range = rangeOf(column, type);
  const constant = toComparable(type, value satisfies Constant);
  const nulls = range.mayBeNull ? NULL : 0;
  if (!range.mayBeValue) return nulls;
  if (constant === undefined) return nulls | TRUE | FALSE;
  const low = range.min === undefined ? undefined : compare(range.min, constant);
  const high = range.max === undefined ? undefined : compare(range.max, constant);
  // NaN is greater than every number, and many writers leave it out of their bounds.
  const mayBeNan = type === 'float' || type === 'double';
  return nulls | valueOutcomes(operator, { low, high, mayBeNan });
}

/** Outcomes for values v with min <= v <= max, given how min and max compare with the constant (undefined: open). */
function valueOutcomes(
  operator: Comparison['operator'],
  { low, high, mayBeNan }: { low: number | undefined; high: number | undefined; mayBeNan: boolean },
): number {
  const mayBeLess = low === undefined || low < 0;
  const mayBeGreater = high === undefined || high > 0 || mayBeNan;
  const mayBeEqual = (low === undefined || low <= 0) && (high === undefined || high >= 0);
  switch (operator) {
    case '=':
      return set(mayBeEqual, mayBeLess || mayBeGreater);
    case '<>':
      return set(mayBeLess || mayBeGreater, mayBeEqual);
    case '<':
      return set(mayBeLess, mayBeEqual || mayBeGreater);
    case '<=':
      return set(mayBeLess || mayBeEqual, mayBeGreater);
    case '>':
      return set(mayBeGreater, mayBeLess || mayBeEqual);
    default:
      return set(mayBeGreater || mayBeEqual, mayBeLess);
  }
}

function set(isTrue: boolean, isFalse: boolean): number {
  return (isTrue ? TRUE : 0) | (isFalse ? FALSE : 0);
}

function typeOf(schema: StructType, column: readonly string[]): DataType | undefined {
  let type: DataType = schema;
  for (const name of column) {
    if (typeof type === 'string' || type.type !== 'struct') return undefined;
    const field: StructField | undefined = type.fields.find((candidate) => candidate.name === name);
    if (field === undefined) return undefined;
    type = field.type;
  }
  return type;
}
