import { count } from '../core/quantity.ts';
import type { ModelTable, ProjectTable } from '../project/model.ts';

/** Whether a refresh may leave a file as it is beside a list of the rows that went: docs/adr/0014. */
export type VectorWish = 'on' | 'off' | 'when-large';

/** To write fewer rows anew takes less than any reader loses by a table that it cannot open. */
export const largeTable = 1_000_000;

export const vectorProperty = 'delta.enableDeletionVectors';

/** What a table's settings come to. Tables that lose no row, or all of them at once, have no use for it. */
export function vectorWish(table: ProjectTable, tables: ReadonlyMap<string, Pick<ProjectTable, 'kind'>>): VectorWish {
  const said = table.storage.properties[vectorProperty]?.toLowerCase();
  if (said !== undefined) return said === 'true' ? 'on' : 'off';
  return table.kind === 'model' && losesRows(table, tables) ? 'when-large' : 'off';
}

function losesRows(
  { modelKind, refresh, rows, inputs, facts }: ModelTable,
  tables: ReadonlyMap<string, Pick<ProjectTable, 'kind'>>,
): boolean {
  if (modelKind !== 'table' || refresh === 'full' || rows !== undefined || inputs.length === 0) return false;
  const growsOnly = facts.rowWise.proven && inputs.every((name) => tables.get(name)?.kind === 'source');
  return !growsOnly;
}

/** What is to be said of it about a table; nothing where nothing is to be decided. */
export function vectorLines(
  table: ProjectTable,
  {
    tables,
    rows,
  }: { readonly tables: ReadonlyMap<string, Pick<ProjectTable, 'kind'>>; readonly rows: number | undefined },
): readonly string[] {
  const wish = vectorWish(table, tables);
  if (wish === 'on') return ['deletion vectors, as its properties say: few changed rows are marked in files that stay'];
  if (wish === 'off')
    return table.storage.properties[vectorProperty] === undefined
      ? []
      : ['no deletion vectors, as its properties say: a file of which one row changes is written anew'];
  const now = rows === undefined || rows >= largeTable ? '' : `; it has ${count(rows, 'row')}`;
  return [`deletion vectors once it is made anew with a million rows or more${now}`];
}
