import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Column, DataType } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
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
): Promise<RowsQuery & Required<Pick<RowsQuery, 'given' | 'promises'>>> {
  const { found, types, extra } = matchColumns(target, input);
  refuseExtra(extra);
  const promises = await promisesOf(table, target);
  const items = target.schema.fields.map(({ name, type }) => {
    const own = found.get(name);
    const value =
      own === undefined ? (promises.defaults.get(name)?.sql ?? `CAST(NULL AS ${toEngineType(type)})`) : quoteName(own);
    return `${value} AS ${quoteName(name)}`;
  });
  const given = new Set(found.keys());
  checkIdentity(target, given);
  const relations = [input.relation('input', types)];
  return { sql: `SELECT ${items.join(', ')} FROM input`, relations, given, promises };
}

/** Which columns of a file are which of a table. */
export interface MatchedColumns {
  /** The file's column by the table's, in any case. */
  readonly found: ReadonlyMap<string, string>;
  /** What the table wants of the file's columns. */
  readonly types: ReadonlyMap<string, Column['type']>;
  /** Columns that the table has not. */
  readonly extra: readonly Column[];
}

export function matchColumns({ schema }: Pick<Snapshot, 'schema'>, input: Pick<InputFile, 'columns'>): MatchedColumns {
  const unmatched = new Map(input.columns.map((column) => [column.name.toLowerCase(), column]));
  const types = new Map<string, Column['type']>();
  const found = new Map<string, string>();
  for (const { name, type } of schema.fields) {
    const own = unmatched.get(name.toLowerCase());
    unmatched.delete(name.toLowerCase());
    if (own === undefined) continue;
    types.set(own.name, spelledAs(own.type, type, own.name));
    found.set(name, own.name);
  }
  return { found, types, extra: [...unmatched.values()] };
}

/** A table's type with the fields inside of it as a file spells them, or none of them would be found there. */
function spelledAs(own: DataType, type: DataType, path: string): DataType {
  if (typeof own === 'string' || typeof type === 'string') return type;
  if (own.type === 'array' && type.type === 'array')
    return { ...type, elementType: spelledAs(own.elementType, type.elementType, `${path}.element`) };
  if (own.type === 'map' && type.type === 'map')
    return { ...type, valueType: spelledAs(own.valueType, type.valueType, `${path}.value`) };
  if (own.type !== 'struct' || type.type !== 'struct') return type;
  const unmatched = new Map(own.fields.map((field) => [field.name.toLowerCase(), field]));
  const fields = type.fields.map((field) => {
    const found = unmatched.get(field.name.toLowerCase());
    unmatched.delete(field.name.toLowerCase());
    if (found === undefined) return field;
    return { ...field, name: found.name, type: spelledAs(found.type, field.type, `${path}.${found.name}`) };
  });
  refuseExtra([...unmatched.values()].map(({ name, ...field }) => ({ ...field, name: `${path}.${name}` })));
  return { ...type, fields };
}

/** LS2002 when there are columns that the table has not. */
export function refuseExtra(extra: readonly Column[]): void {
  if (extra.length === 0) return;
  const names = extra.map((column) => column.name).join(', ');
  throw new LakeError(
    'LS2002',
    `The rows have ${extra.length === 1 ? 'a column' : 'columns'} that the table has not: ${names}. Leave them out, or change the schema of the table first.`,
    { context: { columns: names } },
  );
}
