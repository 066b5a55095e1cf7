import type { DataType } from '../types.ts';
import { type ColumnBounds, MAY_BE_NULL, MAY_BE_VALUE } from './bounds.ts';
import type { Predicate } from './predicate.ts';
import type { Span } from './span.ts';
import { type Constant, compareUtf8, spanOf } from './values.ts';

// The set of truth values that a predicate may have on the rows of a file.
export const TRUE = 1;
const FALSE = 2;
const NULL = 4;
const ANY: number = TRUE | FALSE | NULL;

// How a value may stand to a constant.
const LESS = 1;
const EQUAL = 2;
const GREATER = 4;
const MEETS: Readonly<Record<string, number>> = {
  '<': LESS,
  '<=': LESS | EQUAL,
  '=': EQUAL,
  '<=>': EQUAL,
  '<>': LESS | GREATER,
  '>': GREATER,
  '>=': GREATER | EQUAL,
};

const AND: Uint8Array = combinations(FALSE, TRUE);
const OR: Uint8Array = combinations(TRUE, FALSE);
/** Lists that are longer are searched rather than gone through. */
const LONG_LIST = 32;

/** A column of a predicate with its bounds; undefined when nothing is known of it. */
export type BoundsOf = (
  column: readonly string[],
) => { readonly type: DataType; readonly bounds: ColumnBounds } | undefined;

/**
 * For each file, what the predicate may be on its rows. Without TRUE among it, the file holds no row that meets it. It concludes
 * only from what is certain: what is unknown counts as possible, and so does every combination of what single columns allow.
 */
export function outcomes(predicate: Predicate, count: number, boundsOf: BoundsOf): Uint8Array {
  switch (predicate.kind) {
    case 'and':
    case 'or': {
      const table = predicate.kind === 'and' ? AND : OR;
      const result = new Uint8Array(count).fill(predicate.kind === 'and' ? TRUE : FALSE);
      for (const operand of predicate.operands) combine(result, outcomes(operand, count, boundsOf), table);
      return result;
    }
    case 'not':
      return outcomes(predicate.operand, count, boundsOf).map(negate);
    case 'unknown':
      return new Uint8Array(count).fill(ANY);
    default: {
      const known = boundsOf(predicate.column);
      return known === undefined ? new Uint8Array(count).fill(ANY) : leaf(predicate, count, known);
    }
  }
}

type Leaf = Extract<Predicate, { readonly column: readonly string[] }>;
type Known = NonNullable<ReturnType<BoundsOf>>;

function leaf(predicate: Leaf, count: number, known: Known): Uint8Array {
  switch (predicate.kind) {
    case 'is-null':
      return nullness(known.bounds);
    case 'starts-with':
      return prefixed(predicate.prefix, known.bounds);
    case 'compare':
      return comparison(predicate, known);
    default:
      return membership(predicate.values, count, known);
  }
}

function nullness({ presence }: ColumnBounds): Uint8Array {
  const result = new Uint8Array(presence.length);
  for (let i = 0; i < result.length; i += 1) result[i] = NULLNESS[presence[i] ?? 0] ?? 0;
  return result;
}

const NULLNESS: Uint8Array = byPresence(TRUE, FALSE);

/** By what a column may be: the outcome on NULL, on a value, or both. */
function byPresence(onNull: number, onValue: number): Uint8Array {
  return Uint8Array.of(0, onNull, onValue, onNull | onValue);
}

function comparison(
  { operator, value }: { readonly operator: string; readonly value: Constant },
  { type, bounds }: Known,
): Uint8Array {
  if (value === null && operator === '<=>') return nullness(bounds);
  const { presence } = bounds;
  const result = new Uint8Array(presence.length);
  if (value === null) return result.fill(NULL);
  const meets = MEETS[operator] ?? 0;
  const onNull = operator === '<=>' ? FALSE : NULL;
  const relations = standing(type, bounds, value);
  // By how values may stand to the constant and by what the column may be.
  const table = new Uint8Array(32);
  for (let relation = 0; relation < 8; relation += 1) {
    const onValue = (relation & meets ? TRUE : 0) | (relation & ~meets ? FALSE : 0);
    table.set(byPresence(onNull, onValue), relation << 2);
  }
  for (let i = 0; i < result.length; i += 1) result[i] = table[((relations[i] ?? 0) << 2) | (presence[i] ?? 0)] ?? 0;
  return result;
}

/** How the values of each file may stand to a constant. */
function standing(type: DataType, bounds: ColumnBounds, value: Constant): Uint8Array {
  const result = new Uint8Array(bounds.presence.length);
  const constant = bounds.order === 'number' ? spanOf(type, value) : undefined;
  if (bounds.order === 'text' && typeof value === 'string') standText(bounds, value, result);
  else if (bounds.order === 'number' && constant !== undefined) {
    // NaN is greater than every number, and many writers leave it out of their bounds.
    result.fill(type === 'float' || type === 'double' ? GREATER : 0);
    standNumbers(bounds, constant, result);
  } else result.fill(LESS | EQUAL | GREATER);
  return result;
}

function standText({ lows, highs }: Extract<ColumnBounds, { order: 'text' }>, value: string, into: Uint8Array): void {
  for (let i = 0; i < into.length; i += 1) {
    const low = lows[i];
    const high = highs[i];
    const below = low === undefined ? -1 : compareUtf8(low, value);
    const above = high === undefined ? 1 : compareUtf8(high, value);
    into[i] = (below < 0 ? LESS : 0) | (below <= 0 && above >= 0 ? EQUAL : 0) | (above > 0 ? GREATER : 0);
  }
}

function standNumbers(
  { lows, highs }: Extract<ColumnBounds, { order: 'number' }>,
  constant: Span,
  into: Uint8Array,
): void {
  const { low: from, high: to } = constant;
  for (let i = 0; i < into.length; i += 1) {
    const low = lows[i] ?? Number.NEGATIVE_INFINITY;
    const high = highs[i] ?? Number.POSITIVE_INFINITY;
    into[i] =
      (into[i] ?? 0) | (low < to ? LESS : 0) | (low <= to && high >= from ? EQUAL : 0) | (high > from ? GREATER : 0);
  }
}

function prefixed(prefix: string, bounds: ColumnBounds): Uint8Array {
  return bounds.presence.map((p, index) => {
    let result = p & MAY_BE_NULL ? NULL : 0;
    if (!(p & MAY_BE_VALUE)) return result;
    if (bounds.order !== 'text') return result | TRUE | FALSE;
    const low = bounds.lows[index];
    const high = bounds.highs[index];
    const isBelow = high !== undefined && compareUtf8(high, prefix) < 0;
    const isAbove = low !== undefined && compareUtf8(low, prefix) > 0 && !low.startsWith(prefix);
    // All text between two that begin alike begins like them.
    const isCertain = prefix === '' || (low?.startsWith(prefix) === true && high?.startsWith(prefix) === true);
    if (!isBelow && !isAbove) result |= TRUE;
    return isCertain ? result : result | FALSE;
  });
}

function membership(values: readonly Constant[], count: number, known: Known): Uint8Array {
  if (values.length > LONG_LIST) return longMembership(values, known);
  const result = new Uint8Array(count).fill(FALSE);
  for (const value of values) combine(result, comparison({ operator: '=', value }, known), OR);
  return result;
}

/** Whether some value of the list lies between the bounds; that all rows have one of them is not looked for. */
function longMembership(values: readonly Constant[], { type, bounds }: Known): Uint8Array {
  const mayHold = holder(values, type, bounds);
  return bounds.presence.map((p, index) => {
    if (!(p & MAY_BE_VALUE)) return p & MAY_BE_NULL ? NULL : 0;
    return FALSE | NULL | (mayHold(index) ? TRUE : 0);
  });
}

function holder(values: readonly Constant[], type: DataType, bounds: ColumnBounds): (index: number) => boolean {
  const present = values.filter((value) => value !== null);
  if (bounds.order === 'text' && present.every((value) => typeof value === 'string')) {
    const sorted = present.map(String).sort(compareUtf8);
    return (index) => {
      const low = bounds.lows[index];
      const high = bounds.highs[index];
      const first = low === undefined ? sorted[0] : sorted[firstWhere(sorted, (text) => compareUtf8(text, low) >= 0)];
      return first !== undefined && (high === undefined || compareUtf8(first, high) <= 0);
    };
  }
  const spans = present.map((value) => spanOf(type, value)).filter((span) => span !== undefined);
  if (bounds.order !== 'number' || spans.length < present.length) return () => true;
  return spanHolder(spans, bounds);
}

function spanHolder(
  spans: readonly Span[],
  bounds: Extract<ColumnBounds, { order: 'number' }>,
): (index: number) => boolean {
  const sorted = [...spans].sort((a, b) => a.low - b.low);
  // The highest end of a span and all before it.
  const reach = Float64Array.from(sorted, ({ high }) => high);
  for (let i = 1; i < reach.length; i += 1) reach[i] = Math.max(reach[i] ?? 0, reach[i - 1] ?? 0);
  return (index) => {
    const low = bounds.lows[index] ?? Number.NEGATIVE_INFINITY;
    const high = bounds.highs[index] ?? Number.POSITIVE_INFINITY;
    const begun = firstWhere(sorted, (span) => span.low > high);
    return begun > 0 && (reach[begun - 1] ?? 0) >= low;
  };
}

function firstWhere<T>(sorted: readonly T[], is: (item: T) => boolean): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const item = sorted[middle];
    if (item !== undefined && is(item)) to = middle;
    else from = middle + 1;
  }
  return from;
}

function combine(into: Uint8Array, other: Uint8Array, table: Uint8Array): void {
  for (let i = 0; i < into.length; i += 1) into[i] = table[((into[i] ?? 0) << 3) | (other[i] ?? 0)] ?? 0;
}

function negate(set: number): number {
  return (set & NULL) | (set & TRUE ? FALSE : 0) | (set & FALSE ? TRUE : 0);
}

/** AND and OR of three-valued logic on sets of truth values: `strong` decides alone, NULL comes next. */
function combinations(strong: number, weak: number): Uint8Array {
  const table = new Uint8Array(64);
  for (let a = 1; a < 8; a += 1) {
    for (let b = 1; b < 8; b += 1) {
      let result = (a | b) & strong;
      if ((a & NULL && b & (NULL | weak)) || (b & NULL && a & (NULL | weak))) result |= NULL;
      table[(a << 3) | b] = result | (a & b & weak);
    }
  }
  return table;
}
