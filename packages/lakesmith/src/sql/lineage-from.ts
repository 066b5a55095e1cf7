import type { FlowColumn, Relation } from './lineage-scope.ts';
import { joined, nothing } from './lineage-scope.ts';
import { nodeAt, textAt } from './tree.ts';
import type { TreeNode } from './tree.ts';

/** A relation under the name and with the columns' names that FROM gives it. */
export function named(from: TreeNode, { columns, rest }: Pick<Relation, 'columns' | 'rest'>): Relation {
  const aliases = Array.isArray(from['column_name_alias']) ? from['column_name_alias'].map(String) : [];
  const given = aliases.slice(columns.length).map((name): FlowColumn => ({ name, flow: rest ?? nothing }));
  const alias = textAt(from, 'alias');
  return {
    alias: alias || textAt(from, 'table_name') || textAt(nodeAt(from, 'function') ?? {}, 'function_name'),
    schema: alias === '' ? textAt(from, 'schema_name') : '',
    columns: [...columns.map((column, i) => ({ ...column, name: aliases[i] ?? column.name })), ...given],
    ...(rest === undefined || given.length > 0 ? {} : { rest }),
  };
}

/** Columns that USING or NATURAL makes one of two. */
export function commonColumns(
  from: TreeNode,
  left: readonly Relation[],
  right: readonly Relation[],
): readonly FlowColumn[] {
  const of = (relations: readonly Relation[]): readonly FlowColumn[] => relations.flatMap(({ columns }) => columns);
  const using = Array.isArray(from['using_columns'])
    ? from['using_columns'].map((name) => String(name).toLowerCase())
    : [];
  const isNatural = from['ref_type'] === 'NATURAL';
  return of(left).flatMap(({ name, flow }) => {
    const other = of(right).find((column) => column.name.toLowerCase() === name.toLowerCase());
    const isCommon = other !== undefined && (isNatural || using.includes(name.toLowerCase()));
    return isCommon ? [{ name, flow: { ...joined([flow, other.flow]), same: flow.same && other.flow.same } }] : [];
  });
}

/** Those columns stand where the left side has them, once. */
export function withCommon(
  left: readonly Relation[],
  right: readonly Relation[],
  common: readonly FlowColumn[],
): readonly Relation[] {
  if (common.length === 0) return [...left, ...right];
  const find = (name: string): FlowColumn | undefined =>
    common.find((column) => column.name.toLowerCase() === name.toLowerCase());
  const hidden = new Set(common.map(({ name }) => name.toLowerCase()));
  return [
    ...left.map((relation) => ({
      ...relation,
      columns: relation.columns.map((column) => find(column.name) ?? column),
    })),
    ...right.map((relation) => ({ ...relation, hidden: new Set([...hidden, ...(relation.hidden ?? [])]) })),
  ];
}
