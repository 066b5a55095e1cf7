import type { Predicate } from '@lakesmith/delta';
import type { DataType, StructField } from '../core/schema.ts';
import { constantFor } from './constants.ts';
import { columnNames, nodeAt, nodesAt, queryOf, textAt, walkTree } from './tree.ts';
import type { TreeNode } from './tree.ts';

/** Columns of a table by its name in the statement ('silver.orders', 'orders'); undefined when it is not asked about. */
export type FieldsOf = (table: string) => readonly StructField[] | undefined;

const unknown: Predicate = { kind: 'unknown' };

/**
 * For each table of a statement, a condition that every row of it meets which can matter for the result: a reader may leave out
 * what does not. A table without an entry is needed whole.
 */
export function tablePredicates(tree: unknown, fieldsOf: FieldsOf, timezone: string): ReadonlyMap<string, Predicate> {
  const found = new Map<string, Predicate[]>();
  walkTree(queryOf(tree), (node, scope) => {
    if (node['type'] !== 'BASE_TABLE') return;
    const name = tableName(node);
    // Every mention counts, until the SELECT around it says under which condition.
    if (textAt(node, 'schema_name') === '' && scope.has(name.toLowerCase())) return;
    if (fieldsOf(name) !== undefined) found.set(name, [...(found.get(name) ?? []), unknown]);
  });
  walkTree(queryOf(tree), (node, scope) => {
    if (node['type'] !== 'SELECT_NODE') return;
    for (const predicate of selectPredicates(node, { scope, fieldsOf, timezone })) {
      const all = found.get(predicate.table);
      const free = all?.indexOf(unknown) ?? -1;
      if (all !== undefined && free >= 0) all[free] = predicate.predicate;
    }
  });
  const result = new Map<string, Predicate>();
  for (const [table, operands] of found) {
    if (operands.some((predicate) => predicate === unknown)) continue;
    const [first, ...others] = operands;
    if (first !== undefined) result.set(table, others.length === 0 ? first : { kind: 'or', operands });
  }
  return result;
}

interface Context {
  readonly scope: ReadonlySet<string>;
  readonly fieldsOf: FieldsOf;
  readonly timezone: string;
}

/** A table in a FROM clause that keeps only rows which meet the WHERE clause: no outer join adds rows to its side. */
interface KeptTable {
  readonly table: string;
  readonly alias: string;
}

function selectPredicates(
  select: TreeNode,
  context: Context,
): readonly { readonly table: string; readonly predicate: Predicate }[] {
  const from = nodeAt(select, 'from_table');
  const where = nodeAt(select, 'where_clause');
  if (from === undefined || where === undefined || nodeAt(select, 'sample') !== undefined) return [];
  const kept = keptTables(from, context.scope);
  const isAlone = from['type'] === 'BASE_TABLE';
  return kept.flatMap(({ table, alias }) => {
    const fields = context.fieldsOf(table);
    if (fields === undefined) return [];
    return [{ table, predicate: predicateOf(where, { fields, alias, isAlone, timezone: context.timezone }) }];
  });
}

function keptTables(from: TreeNode, scope: ReadonlySet<string>): readonly KeptTable[] {
  if (nodeAt(from, 'sample') !== undefined) return [];
  if (from['type'] === 'BASE_TABLE') {
    const renamed = from['column_name_alias'];
    const isCte = textAt(from, 'schema_name') === '' && scope.has(textAt(from, 'table_name').toLowerCase());
    if (isCte || (Array.isArray(renamed) && renamed.length > 0) || nodeAt(from, 'at_clause') !== undefined) return [];
    return [{ table: tableName(from), alias: textAt(from, 'alias') || textAt(from, 'table_name') }];
  }
  if (from['type'] !== 'JOIN' || !['REGULAR', 'CROSS'].includes(textAt(from, 'ref_type'))) return [];
  const side = (key: string): readonly KeptTable[] => {
    const node = nodeAt(from, key);
    return node === undefined ? [] : keptTables(node, scope);
  };
  switch (textAt(from, 'join_type')) {
    case 'INNER':
      return [...side('left'), ...side('right')];
    case 'LEFT':
      return side('left');
    case 'RIGHT':
      return side('right');
    default:
      return [];
  }
}

function tableName(node: TreeNode): string {
  const schema = textAt(node, 'schema_name');
  return schema === '' ? textAt(node, 'table_name') : `${schema}.${textAt(node, 'table_name')}`;
}

interface Table {
  readonly fields: readonly StructField[];
  readonly alias: string;
  /** True when names without a table can only be its columns. */
  readonly isAlone: boolean;
  readonly timezone: string;
}

const comparisons: Readonly<Record<string, { readonly operator: Operator; readonly turned: Operator }>> = {
  COMPARE_EQUAL: { operator: '=', turned: '=' },
  COMPARE_NOTEQUAL: { operator: '<>', turned: '<>' },
  COMPARE_LESSTHAN: { operator: '<', turned: '>' },
  COMPARE_LESSTHANOREQUALTO: { operator: '<=', turned: '>=' },
  COMPARE_GREATERTHAN: { operator: '>', turned: '<' },
  COMPARE_GREATERTHANOREQUALTO: { operator: '>=', turned: '<=' },
  COMPARE_NOT_DISTINCT_FROM: { operator: '<=>', turned: '<=>' },
};

type Operator = Extract<Predicate, { kind: 'compare' }>['operator'];

/** What of a condition can be told from this table's columns alone; the rest may be anything. */
function predicateOf(node: TreeNode, table: Table): Predicate {
  const type = textAt(node, 'type');
  const [first, ...others] = nodesAt(node, 'children');
  if (type === 'CONJUNCTION_AND' || type === 'CONJUNCTION_OR') {
    const operands = nodesAt(node, 'children').map((child) => predicateOf(child, table));
    return { kind: type === 'CONJUNCTION_AND' ? 'and' : 'or', operands };
  }
  if (type === 'COLUMN_REF') return truthOf(node, table);
  const comparison = comparisons[type];
  if (comparison !== undefined) return comparisonOf(node, comparison, table);
  if (type === 'COMPARE_BETWEEN') return betweenOf(node, table);
  if (first === undefined) return unknown;
  switch (type) {
    case 'OPERATOR_NOT':
      return { kind: 'not', operand: predicateOf(first, table) };
    case 'OPERATOR_IS_NULL':
      return nullOf(first, table);
    case 'OPERATOR_IS_NOT_NULL':
      return { kind: 'not', operand: nullOf(first, table) };
    case 'COMPARE_IN':
      return inOf(first, others, table);
    case 'COMPARE_NOT_IN':
      return { kind: 'not', operand: inOf(first, others, table) };
    case 'FUNCTION':
      return prefixOf(node, table);
    default:
      return unknown;
  }
}

/** The column that a node names, if it is one of the table's. */
function columnOf(node: TreeNode, table: Table): { path: readonly string[]; type: DataType } | undefined {
  const names = columnNames(node);
  if (names === undefined) return undefined;
  const [head = ''] = names;
  const isAlias = head.toLowerCase() === table.alias.toLowerCase();
  const isField = findField(table.fields, head) !== undefined;
  // Either reading would do, and which one is meant is the engine's secret.
  if (isAlias && isField && names.length > 1) return undefined;
  const path = isAlias && names.length > 1 ? names.slice(1) : table.isAlone ? names : [];
  return path.length === 0 ? undefined : typed(path, table.fields);
}

function typed(
  path: readonly string[],
  fields: readonly StructField[],
): { path: readonly string[]; type: DataType } | undefined {
  const found: string[] = [];
  let inside: readonly StructField[] | undefined = fields;
  let type: DataType | undefined;
  for (const name of path) {
    const field: StructField | undefined = inside === undefined ? undefined : findField(inside, name);
    if (field === undefined) return undefined;
    found.push(field.name);
    type = field.type;
    inside = typeof type !== 'string' && type.type === 'struct' ? type.fields : undefined;
  }
  return type === undefined ? undefined : { path: found, type };
}

function findField(fields: readonly StructField[], name: string): StructField | undefined {
  return fields.find((field) => field.name.toLowerCase() === name.toLowerCase());
}

function truthOf(node: TreeNode, table: Table): Predicate {
  const column = columnOf(node, table);
  return column?.type === 'boolean' ? { kind: 'compare', column: column.path, operator: '=', value: true } : unknown;
}

function comparisonOf(
  node: TreeNode,
  { operator, turned }: { readonly operator: Operator; readonly turned: Operator },
  table: Table,
): Predicate {
  const [left, right] = [nodeAt(node, 'left'), nodeAt(node, 'right')];
  if (left === undefined || right === undefined) return unknown;
  const straight = compared(left, right, operator, table);
  return straight === unknown ? compared(right, left, turned, table) : straight;
}

function compared(side: TreeNode, other: TreeNode, operator: Operator, table: Table): Predicate {
  const column = columnOf(side, table);
  const value = column === undefined ? undefined : constantFor(other, column.type, table.timezone);
  return column === undefined || value === undefined
    ? unknown
    : { kind: 'compare', column: column.path, operator, value };
}

function betweenOf(node: TreeNode, table: Table): Predicate {
  const [input, lower, upper] = [nodeAt(node, 'input'), nodeAt(node, 'lower'), nodeAt(node, 'upper')];
  if (input === undefined || lower === undefined || upper === undefined) return unknown;
  return { kind: 'and', operands: [compared(input, lower, '>=', table), compared(input, upper, '<=', table)] };
}

function nullOf(node: TreeNode, table: Table): Predicate {
  const column = columnOf(node, table);
  return column === undefined ? unknown : { kind: 'is-null', column: column.path };
}

function inOf(node: TreeNode, items: readonly TreeNode[], table: Table): Predicate {
  const column = columnOf(node, table);
  const values = items.map((item) =>
    column === undefined ? undefined : constantFor(item, column.type, table.timezone),
  );
  const known = values.filter((value) => value !== undefined);
  return column === undefined || known.length < values.length
    ? unknown
    : { kind: 'in', column: column.path, values: known };
}

/** `s LIKE 'abc%'` and its kin. */
function prefixOf(node: TreeNode, table: Table): Predicate {
  const name = textAt(node, 'function_name');
  const [input, pattern] = nodesAt(node, 'children');
  if (input === undefined || pattern === undefined) return unknown;
  const column = columnOf(input, table);
  const text = column?.type === 'string' ? constantFor(pattern, 'string', table.timezone) : undefined;
  if (column === undefined || typeof text !== 'string') return unknown;
  if (['starts_with', '^@', 'prefix'].includes(name)) return { kind: 'starts-with', column: column.path, prefix: text };
  if (name !== '~~') return unknown;
  const prefix = /^[^%_\\]*/.exec(text)?.[0] ?? '';
  // The whole pattern may ask for more than its beginning, so its opposite would ask for too little.
  return { kind: 'and', operands: [{ kind: 'starts-with', column: column.path, prefix }, unknown] };
}
