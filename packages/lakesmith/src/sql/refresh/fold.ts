import { nodeAt, nodesAt, textAt } from '../tree.ts';
import type { TreeNode } from '../tree.ts';
import type { Expression } from './expression.ts';
import { columnsOf, isExact, readExpression, typeName } from './expression.ts';
import { mapReferences, referencesIn } from './bound-sql.ts';
import type { Scope } from './facts.ts';

/**
 * What an output column of groups is, so that rows which came can be added to it, and rows which went taken away. rows: how many the group
 * has. count: how many of them are something. sum: NULL of no value. total: a sum that is 0 of no value. min, max: only while no row goes.
 */
export interface Measure {
  readonly column: number;
  readonly kind: 'rows' | 'count' | 'sum' | 'total' | 'min' | 'max';
}

/** Rows that are groups, or one total: each output column is what it is grouped by, a measure, or derived from others. */
export interface FoldShape {
  /** Columns that have one value in each group, and together say which it is; undefined: one row is all. */
  readonly groups: readonly number[] | undefined;
  readonly measures: readonly Measure[];
}

/** The same in a bound plan. */
export interface PlannedShape extends FoldShape {
  /** Columns that are made of what the aggregate gives, by number, all of which is shown. */
  readonly derived: readonly { readonly column: number; readonly made: TreeNode }[];
  /** What the aggregate gives that is a column as well, and the engine's name of its type. */
  readonly shown: readonly ShownPart[];
}

interface ShownPart {
  /** Its number among what the aggregate gives. */
  readonly part: number;
  readonly column: number;
  readonly type: string;
}

/** The rows that are grouped, in a bound plan. */
interface FoldedRows {
  readonly shape: PlannedShape;
  readonly rows: TreeNode;
  readonly scope: Scope;
}

export type Folded<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly why: string };

/** What stands between the root and the outermost aggregate of a plan that does nothing but group rows; else why it does more. */
export function foldedRows(plan: TreeNode, scope: Scope = new Map(), made?: readonly TreeNode[]): Folded<FoldedRows> {
  const [first = {}, second = {}] = nodesAt(plan, 'children');
  switch (plan['type']) {
    case 'LOGICAL_ORDER_BY':
      return foldedRows(first, scope, made);
    case 'LOGICAL_PROJECTION': {
      const own = nodesAt(plan, 'expressions');
      return foldedRows(first, scope, made === undefined ? own : made.map((one) => madeOf(one, own)));
    }
    case 'LOGICAL_MATERIALIZED_CTE': {
      const inside = new Map([...scope, [Number(plan['table_index']), { query: first, scope }]]);
      return foldedRows(second, inside, made);
    }
    case 'LOGICAL_CTE_REF': {
      const cte = scope.get(Number(plan['cte_index']));
      return cte === undefined ? no('a recursive CTE') : foldedRows(cte.query, cte.scope, made);
    }
    case 'LOGICAL_AGGREGATE_AND_GROUP_BY': {
      const shape = shapeOf(plan, made ?? []);
      return shape.ok ? { ok: true, shape, rows: first, scope } : shape;
    }
    case 'LOGICAL_FILTER':
      return no('rows are chosen after they are grouped');
    default:
      return no('its rows are not groups alone');
  }
}

function no(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}

/** What the upper projection makes, said over what the lower one is made of. */
function madeOf(upper: TreeNode, lower: readonly TreeNode[]): TreeNode {
  return mapReferences(upper, (index) => lower[index]);
}

function shapeOf(aggregate: TreeNode, made: readonly TreeNode[]): Folded<PlannedShape> {
  const groups = nodesAt(aggregate, 'groups');
  if (!hasOneSet(aggregate, groups.length)) return no('there are several grouping sets');
  const aggregates = nodesAt(aggregate, 'expressions');
  const own: number[] = [];
  const measures: Measure[] = [];
  const shown = new Map<number, ShownPart>();
  const others: { readonly column: number; readonly made: TreeNode; readonly why: string }[] = [];
  for (const [column, one] of made.entries()) {
    const expression = readExpression(one);
    if (isOfGroups(expression, groups.length)) {
      own.push(column);
      if (expression?.kind === 'column') show(shown, { part: expression.index, column, type: expression.type });
      continue;
    }
    const measure = measureOf(one, aggregates, groups.length);
    if (!measure.ok) {
      others.push({ column, made: one, why: measure.why });
      continue;
    }
    measures.push({ column, kind: measure.kind });
    // Whether a total is 0 of values or of none, it does not say.
    const type = typeName(nodeAt(aggregates[measure.aggregate] ?? {}, 'return_type'));
    if (measure.kind !== 'total') show(shown, { part: groups.length + measure.aggregate, column, type });
  }
  for (const { made: one, why } of others) {
    const lost = [...new Set(referencesIn(one))].filter((part) => !shown.has(part));
    if (lost.length > 0) return no(isPart(one) ? why : whyLost(lost, aggregates, groups.length));
  }
  const plain = made.map(readExpression);
  const isShown = groups.every((_, index) => plain.some((one) => one?.kind === 'column' && one.index === index));
  if (!isShown) return no('what it is grouped by is not among its columns');
  if (!groups.every(isKept)) return no('values that it is grouped by are not the same in the table');
  const derived = others.map(({ column, made: one }) => ({ column, made: one }));
  return {
    ok: true,
    groups: groups.length === 0 ? undefined : own,
    measures,
    derived,
    shown: [...shown.values()],
  };
}

/** Whether it is a part itself, at the most in another type. */
function isPart(made: TreeNode): boolean {
  const inner = made['expression_class'] === 'BOUND_CAST' ? (nodeAt(made, 'child') ?? {}) : made;
  return inner['expression_class'] === 'BOUND_REF';
}

/** Why a column cannot be computed anew of which these parts are no columns themselves. */
function whyLost(parts: readonly number[], aggregates: readonly TreeNode[], groups: number): string {
  const names: string[] = [];
  for (const part of parts) {
    const aggregate = aggregates[part - groups];
    if (aggregate === undefined) continue;
    const reference = { expression_class: 'BOUND_REF', index: part, return_type: aggregate['return_type'] ?? null };
    const measure = measureOf(reference, aggregates, groups);
    if (!measure.ok) return measure.why;
    const name = textAt(aggregate, 'name');
    names.push(name === 'count_star' ? 'count(*)' : name);
  }
  const them = parts.length === 1 ? 'it' : 'them';
  return `a column of it is made of ${names.join(' and ')}: add ${them} to its columns`;
}

/** Types in which the table gives back what it was given. */
function show(
  shown: Map<number, ShownPart>,
  { part, column, type }: Omit<ShownPart, 'type'> & { readonly type: string | undefined },
): void {
  if (type !== undefined && ordered.test(type) && !shown.has(part)) shown.set(part, { part, column, type });
}

function hasOneSet(aggregate: TreeNode, groups: number): boolean {
  const sets = aggregate['grouping_sets'];
  const [only, ...others] = Array.isArray(sets) ? sets : [];
  if (groups === 0) return only === undefined;
  return Array.isArray(only) && others.length === 0 && only.length === groups;
}

/** Whether it has one value in each group, which can be compared. */
function isOfGroups(expression: Expression | undefined, groups: number): boolean {
  if (expression === undefined || groups === 0 || !isExact(expression)) return false;
  return columnsOf(expression).every((index) => index < groups);
}

/** Whether other values are other values in the table, too: times without a zone may become one where clocks are put forward. */
function isKept(group: TreeNode): boolean {
  const type = typeName(nodeAt(group, 'return_type'));
  return isExact({ kind: 'column', index: 0, type }) && !/^TIMESTAMP(?:_|$)/.test(type ?? '');
}

/** Types whose order is the same in the table. */
const ordered =
  /^(?:BOOLEAN|U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(.*|DATE|VARCHAR|TIMESTAMP WITH TIME ZONE)$/;

/** Types in which nothing is rounded. */
const whole = /^U?(?:TINY|SMALL|BIG|HUGE)INT$|^U?INTEGER$/;

function measureOf(
  made: TreeNode,
  aggregates: readonly TreeNode[],
  groups: number,
): Folded<{ readonly kind: Measure['kind']; readonly aggregate: number }> {
  const is = (kind: Measure['kind']) => ({ ok: true, kind, aggregate: index }) as const;
  // The outermost cast says what the table has; one below it may refuse what that one takes.
  const cast = made['expression_class'] === 'BOUND_CAST' ? nodeAt(made, 'child') : undefined;
  const inner = cast ?? made;
  const filled = filledWithZero(inner);
  const reference = readExpression(filled ?? inner);
  const index = reference?.kind === 'column' ? reference.index - groups : -1;
  const aggregate = aggregates[index];
  if (aggregate === undefined) return no('a column of it is more than a count or a sum');
  const name = textAt(aggregate, 'name').toLowerCase();
  if (aggregate['aggregate_type'] !== 'NON_DISTINCT') return no(`${name} of distinct values is no sum`);
  const type = typeName(nodeAt(aggregate, 'return_type')) ?? '';
  if (cast !== undefined && !(scaleOf(type) <= scaleOf(typeName(nodeAt(made, 'return_type')) ?? '', -1)))
    return no('a column of it is rounded');
  if (cast !== undefined && made['try_cast'] === true) return no('what does not fit is NULL in a column of it');
  switch (name) {
    case 'count_star':
      return is(aggregate['filter'] === null ? 'rows' : 'count');
    case 'count':
      return is('count');
    case 'sum':
    // NULL of no rows, as if it were a sum.
    case 'count_if':
    case 'countif':
      if (!Number.isFinite(scaleOf(type))) return no(`a sum of ${type} is rounded`);
      return is(filled === undefined ? 'sum' : 'total');
    case 'min':
    case 'max':
      if (nodesAt(aggregate, 'children').length !== 1 || cast !== undefined || filled !== undefined) break;
      return ordered.test(type) ? is(name) : no(`${name} of ${type} is not followed`);
  }
  return no(`${name} is neither a count nor a sum`);
}

/** Digits behind the point; Infinity, or what is said, of types that are no numbers or round. */
function scaleOf(type: string, otherwise = Infinity): number {
  if (whole.test(type)) return 0;
  const scale = /^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1];
  return scale === undefined ? otherwise : Number(scale);
}

/** What `coalesce(…, 0)` is given. */
function filledWithZero(made: TreeNode): TreeNode | undefined {
  const [value, zero, ...others] = nodesAt(made, 'children');
  if (made['type'] !== 'OPERATOR_COALESCE' || zero === undefined || others.length > 0) return undefined;
  let constant: TreeNode = zero;
  while (constant['expression_class'] === 'BOUND_CAST') constant = nodeAt(constant, 'child') ?? {};
  return nodeAt(constant, 'value')?.['value'] === 0 ? value : undefined;
}
