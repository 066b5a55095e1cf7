import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import type { Relation } from '../engine/engine.ts';
import type { DeltaTable } from './delta-table.ts';
import { checkIdentity } from './identity.ts';
import type { InputFile } from './input-file.ts';
import { promisesOf } from './promises.ts';
import type { RowsQuery } from './table-rows.ts';

/** The rows of a file as rows of the table: columns by their names, those that the file lacks have their default or NULL. */
export async function inputQuery(
  table: DeltaTable,
  target: Snapshot,
  input: InputFile,
): Promise<RowsQuery & { readonly given: ReadonlySet<string> }> {
  const { found, types } = matchColumns(target, input);
  const { defaults } = await promisesOf(table, target);
  const items = target.schema.fields.map(({ name, type }) => {
    const own = found.get(name);
    const value =
      own === undefined ? (defaults.get(name)?.sql ?? `CAST(NULL AS ${toEngineType(type)})`) : quoteName(own);
    return `${value} AS ${quoteName(name)}`;
  });
  const given = new Set(found.keys());
  checkIdentity(target, given);
  return { sql: `SELECT ${items.join(', ')} FROM input`, relations: [input.relation('input', types)], given };
}

/** The rows of a file under a name, with those columns of the table that the file has, as the table calls them. */
export function inputRelations(
  name: string,
  { schema }: Pick<Snapshot, 'schema'>,
  input: InputFile,
): { readonly relations: readonly [Relation, Relation]; readonly columns: readonly string[] } {
  const { found, types } = matchColumns({ schema }, input);
  const columns = schema.fields
    .filter((field) => found.has(field.name))
    .map(({ name: of, type }): Column => ({ name: of, type }));
  const items = columns.map((column) => `${quoteName(found.get(column.name) ?? '')} AS ${quoteName(column.name)}`);
  const raw = `${name}_as_it_is`;
  const sql = `SELECT ${items.join(', ')} FROM ${raw}`;
  return {
    relations: [input.relation(raw, types), { name, kind: 'sql', columns, sql }],
    columns: columns.map((column) => column.name),
  };
}

/** Which column of the file is which of the table, in any case. LS2002 for columns that the table has not. */
function matchColumns(
  { schema }: Pick<Snapshot, 'schema'>,
  input: InputFile,
): { readonly found: ReadonlyMap<string, string>; readonly types: ReadonlyMap<string, Column['type']> } {
  const unmatched = new Map(input.columns.map((column) => [column.name.toLowerCase(), column.name]));
  const types = new Map<string, Column['type']>();
  const found = new Map<string, string>();
  for (const { name, type } of schema.fields) {
    const own = unmatched.get(name.toLowerCase());
    unmatched.delete(name.toLowerCase());
    if (own === undefined) continue;
    types.set(own, type);
    found.set(name, own);
  }
  const [extra, ...others] = unmatched.values();
  if (extra === undefined) return { found, types };
  const names = [extra, ...others].join(', ');
  throw new LakeError(
    'LS2002',
    `The rows have ${others.length === 0 ? 'a column' : 'columns'} that the table has not: ${names}. Leave them out, or change the schema of the table first.`,
    { context: { columns: names } },
  );
}
