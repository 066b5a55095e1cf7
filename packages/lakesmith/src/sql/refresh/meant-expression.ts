import { digest } from '../../core/digest.ts';
import { isNode, nodeAt, nodesAt, textAt } from '../tree.ts';
import type { TreeNode, TreeValue } from '../tree.ts';

/** What a column of a plan's rows is, whatever it is called and wherever it stands; undefined: that cannot be told. */
export type Meant = string | undefined;

/** Something of which the plan does not tell all that matters. */
export class Untold extends Error {}

/** The columns that the expressions of a node are over. */
export interface MeantScope {
  /** By number. */
  readonly columns: readonly Meant[];
  /** Of a table of the plan, by its number. */
  readonly columnsOf: (table: number) => readonly Meant[] | undefined;
}

const known: ReadonlySet<string> = new Set(
  `BOUND_REF BOUND_COLUMN_REF BOUND_CONSTANT BOUND_CAST BOUND_FUNCTION BOUND_AGGREGATE BOUND_WINDOW BOUND_OPERATOR BOUND_COMPARISON
  BOUND_BETWEEN BOUND_CASE BOUND_CONJUNCTION BOUND_UNNEST`.split(/\s+/),
);

/** What these look at, nothing in a plan tells: the name of an expression, how it is kept in memory. */
const lookingAtNames: ReadonlySet<string> = new Set(['alias', 'vector_type', 'stats']);

/** What an expression of a bound plan means, and everything else that it may stand in. */
export function meantExpression(value: TreeValue, scope: MeantScope): string {
  return digest(meantText(value, scope));
}

/** Conditions that all have to hold: in any order where none of them can fail on a row that another one takes out. */
export function meantConditions(conditions: readonly TreeNode[], scope: MeantScope): readonly string[] {
  const all = conditions.map((condition) => meantExpression(condition, scope));
  return cannotFail(conditions) ? all.sort() : all;
}

/** Whether expressions give a value for every row whatever is in it. */
export function cannotFail(expressions: readonly TreeNode[]): boolean {
  return expressions.every(hasValue);
}

/** The text of a value of a plan without names and places; inside of what a function keeps to itself, numbers are its own. */
export function meantText(value: TreeValue, scope: MeantScope | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item) => meantText(item, scope)).join(',')}]`;
  if (!isNode(value)) return JSON.stringify(value);
  const kind = value['expression_class'];
  if (typeof kind === 'string') {
    if (!known.has(kind)) throw new Untold(kind.replace('BOUND_', '').toLowerCase());
    if (scope !== undefined && /^BOUND_(?:COLUMN_)?REF$/.test(kind)) return columnText(value, scope);
    refuseUntold(value);
    if (kind === 'BOUND_CONJUNCTION' && scope !== undefined)
      return `${textAt(value, 'type')}(${meantConditions(nodesAt(value, 'children'), scope).join(',')})`;
    if (kind === 'BOUND_COMPARISON' && scope !== undefined) return comparisonText(value, scope);
  }
  const parts = Object.keys(value)
    .filter((key) => key !== 'query_location' && !(key === 'alias' && kind !== undefined))
    .sort()
    .map((key) => `${key}:${meantText(value[key] ?? null, key === 'function_data' ? undefined : scope)}`);
  return `{${parts.join(',')}}`;
}

/** `a > b` is `b < a`, and `a = b` is `b = a`. */
function comparisonText({ left, right, ...node }: TreeNode, scope: MeantScope): string {
  const sides = [meantText(left ?? null, scope), meantText(right ?? null, scope)];
  const type = textAt(node, 'type');
  if (/^COMPARE_(?:GREATER|LESS)THAN/.test(type)) {
    const ordered = type.includes('GREATER') ? sides.reverse() : sides;
    return `${type.replace('GREATER', 'LESS')}(${ordered.join(',')})`;
  }
  if (/^COMPARE_(?:EQUAL|NOTEQUAL|DISTINCT_FROM|NOT_DISTINCT_FROM)$/.test(type))
    return `${type}(${sides.sort().join(',')})`;
  throw new Untold(type.toLowerCase());
}

function columnText(node: TreeNode, { columns, columnsOf }: MeantScope): string {
  const binding = nodeAt(node, 'binding');
  const outer = node['depth'] !== undefined && node['depth'] !== 0;
  const from = binding === undefined ? columns : columnsOf(Number(binding['table_index']));
  const found = from?.[Number(binding === undefined ? node['index'] : binding['column_index'])];
  if (found === undefined || outer) throw new Untold('a column that cannot be followed');
  return `#${found}`;
}

/**
 * What a function was given and is not among its arguments any more (the separator of `string_agg`), it keeps to itself: the plan
 * has to say what that is.
 */
function refuseUntold(node: TreeNode): void {
  const name = textAt(node, 'name').toLowerCase();
  if (lookingAtNames.has(name)) throw new Untold(name);
  if (!Array.isArray(node['arguments'])) return;
  const given = [node['arguments'], node['original_arguments']].filter(
    (list) => Array.isArray(list) && list.length > 0,
  );
  const { length } = nodesAt(node, 'children');
  const isTold = node['has_serialize'] === true && node['function_data'] !== undefined;
  if (!isTold && !given.every((list) => Array.isArray(list) && list.length === length)) throw new Untold(name);
}

function hasValue(node: TreeNode): boolean {
  switch (node['expression_class']) {
    case 'BOUND_REF':
    case 'BOUND_CONSTANT':
      return true;
    case 'BOUND_CAST':
      // Of a constant it is made before there are rows.
      return nodeAt(node, 'child')?.['expression_class'] === 'BOUND_CONSTANT';
    case 'BOUND_COMPARISON':
      return [nodeAt(node, 'left'), nodeAt(node, 'right')].every((side) => side !== undefined && hasValue(side));
    case 'BOUND_OPERATOR':
    case 'BOUND_CONJUNCTION':
      return nodesAt(node, 'children').every(hasValue);
    default:
      return false;
  }
}
