import { LakeError } from '../core/errors.ts';
import { freeName } from '../core/free-name.ts';
import {
  allNode,
  anyNode,
  booleanNode,
  callNode,
  caseNode,
  columnNode,
  namedNode,
  notTrueNode,
  nullNode,
  selectFrom,
  starNode,
  textNode,
} from './nodes.ts';
import { fileColumn, positionColumn, tracedSelect } from './origin.ts';
import { holdsWindow, isAggregated, modifierOf, selectList } from './select-list.ts';
import type { SelectList } from './select-list.ts';
import { itemsReferred, substituteOutputs } from './substitute.ts';
import { columnNames, isNode, nodeAt, nodesAt, queryOf, walkTree, withQuery } from './tree.ts';
import type { TreeNode } from './tree.ts';

/** A predicate over a query's output columns. */
export interface TreeRule {
  readonly name: string;
  /** The engine's parse of `ruleStatement(sql)`. */
  readonly tree: unknown;
}

interface Predicate {
  readonly name: string;
  readonly expression: TreeNode;
}

/** The statement to parse for a rule: rules are expressions, and the engine parses statements. */
export function ruleStatement(sql: string): string {
  return `select ${sql}`;
}

/** The expression of a rule's tree; LS1102 when the text was more, or less, than one expression. */
export function ruleExpression(rule: TreeRule): TreeNode {
  const query = queryOf(rule.tree);
  const items = nodesAt(query, 'select_list');
  const [expression] = items;
  const alone =
    query['type'] === 'SELECT_NODE' && nodeAt(query, 'from_table')?.['type'] === 'EMPTY' && items.length === 1;
  const clauses = ['where_clause', 'having', 'qualify', 'sample'].some((key) => isNode(query[key]));
  const more = clauses || nodesAt(query, 'modifiers').length + nodesAt(query, 'group_expressions').length > 0;
  if (!alone || more || expression === undefined || expression['class'] === 'STAR' || expression['alias'] !== '') {
    throw new LakeError('LS1102', `Rule "${rule.name}" is not one expression over the table's columns`);
  }
  return expression;
}

/**
 * The same query without the rows for which some rule is false or NULL. Rules act on output columns: as WHERE, before
 * QUALIFY, LIMIT and DISTINCT, and as HAVING after GROUP BY. So a row that breaks a rule does not count for windows either,
 * unless a rule judges a window's own value. `notice`: a function that is called for rows that go, and is false. LS1102 when no place in the query is right, LS1104 for a rule with a sub-select.
 */
export function keepRows(
  tree: unknown,
  rules: readonly TreeRule[],
  { notice }: { readonly notice?: string } = {},
): unknown {
  const query = queryOf(tree);
  const predicates = noticed(rules.map(predicateOf), notice);
  if (predicates.length === 0) return tree;
  const condition = allNode(predicates.map((predicate) => predicate.expression));
  if (query['type'] !== 'SELECT_NODE') {
    const outer = selectFrom({ ...query, modifiers: [] }, '_rows', [starNode()], condition);
    return withQuery(tree, { ...outer, modifiers: query['modifiers'] ?? [] });
  }
  const wrapped = withQuery(tree, selectFrom(query, '_rows', [starNode()], condition));
  const blocker = blockingClause(query);
  if (blocker === undefined && !nodesAt(query, 'select_list').some(holdsWindow)) return wrapped;
  const list = selectList(query);
  const late = predicates.find((predicate) => itemsReferred(predicate.expression, list).some((item) => item.late));
  if (late === undefined) return withQuery(tree, withConditions(query, predicates, list));
  if (blocker === undefined) return wrapped;
  throw new LakeError(
    'LS1102',
    `Rule "${late.name}" judges a column made by a window function or unnest, and the SELECT has ${blocker}: make that column in a WITH and select from it`,
  );
}

/** What the column of the names of broken rules is called beside these. */
export function reasonsColumn(columns: readonly { readonly name: string }[]): string {
  return freeName(
    '_reasons',
    columns.map(({ name }) => name),
  );
}

/**
 * The output rows for which some rule is false or NULL, without QUALIFY, ORDER BY, LIMIT and DISTINCT, with one more column
 * `reasons` (VARCHAR[]: the names of all broken rules, in order), which is `_reasons` where nothing else is said. With `origin`, which needs a query that `mainInput` knows
 * and its relation bound with `rowPositions`, also `__ls_input` (the input row as JSON text), `__ls_file` and `__ls_position`.
 */
export function brokenRows(
  tree: unknown,
  rules: readonly TreeRule[],
  options: { readonly origin?: { readonly alias: string }; readonly reasons?: string } = {},
): unknown {
  const query = queryOf(tree);
  const predicates = rules.map(predicateOf);
  const bare: TreeNode =
    query['type'] === 'SELECT_NODE' ? { ...query, modifiers: [], qualify: null } : { ...query, modifiers: [] };
  const inner = options.origin === undefined ? bare : tracedSelect(bare, options.origin.alias);
  const reasons = callNode(
    'list_concat',
    predicates.map(({ name, expression }) =>
      caseNode(notTrueNode(expression), callNode('list_value', [textNode(name)]), nullNode()),
    ),
  );
  const marks = options.origin === undefined ? [] : ['__ls_input', fileColumn, positionColumn];
  const items = [
    { ...starNode(), exclude_list: marks },
    namedNode(reasons, options.reasons ?? '_reasons'),
    ...marks.map((mark) => columnNode(mark)),
  ];
  const broken = anyNode(predicates.map((predicate) => notTrueNode(predicate.expression)));
  return withQuery(tree, selectFrom(inner, '_rows', items, broken));
}

/** The same as one predicate, which calls a function where it is not true. */
function noticed(predicates: readonly Predicate[], notice: string | undefined): readonly Predicate[] {
  const [first] = predicates;
  if (notice === undefined || first === undefined) return predicates;
  const all = allNode(predicates.map(({ expression }) => expression));
  return [{ name: first.name, expression: caseNode(all, booleanNode(true), callNode(notice, [])) }];
}

/** Whether every row that a rule takes out is looked at: a LIMIT may have enough before. */
export function looksAtAllRows(tree: unknown): boolean {
  return modifierOf(queryOf(tree), 'LIMIT') === undefined;
}

function predicateOf(rule: TreeRule): Predicate {
  const expression = ruleExpression(rule);
  walkTree(expression, (node) => {
    if (node['class'] === 'SUBQUERY') {
      throw new LakeError(
        'LS1104',
        `Rule "${rule.name}" removes rows and has a sub-select: join that table in the model and judge the joined column`,
      );
    }
  });
  return { name: rule.name, expression };
}

function blockingClause(select: TreeNode): string | undefined {
  if (isNode(select['qualify'])) return 'QUALIFY';
  if (modifierOf(select, 'LIMIT') !== undefined) return 'LIMIT';
  const distinct = modifierOf(select, 'DISTINCT');
  return distinct !== undefined && nodesAt(distinct, 'distinct_on_targets').length > 0 ? 'DISTINCT ON' : undefined;
}

function withConditions(select: TreeNode, predicates: readonly Predicate[], list: SelectList): TreeNode {
  const clause = isAggregated(select) ? 'having' : 'where_clause';
  const conditions = predicates.map(({ name, expression }) => substituteOutputs(expression, list, name));
  if (clause === 'having') refuseShadowed(conditions, list);
  const before = nodeAt(select, clause);
  return { ...select, [clause]: allNode(before === undefined ? conditions : [before, ...conditions]) };
}

// HAVING looks for an output name before an input column, the select list the other way round.
function refuseShadowed(conditions: readonly TreeNode[], list: SelectList): void {
  walkTree(conditions, (node) => {
    const names = columnNames(node) ?? [];
    const item = names.length === 1 ? list.items.get((names[0] ?? '').toLowerCase()) : undefined;
    if (item === undefined || columnNames(item.expression)?.at(-1)?.toLowerCase() === item.name.toLowerCase()) return;
    throw new LakeError(
      'LS1102',
      `A rule judges ${item.name}, which is an input column and another output column at once: write the input column with its table's name`,
    );
  });
}
