import type { Predicate, StructType } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Column, DataType } from '../core/schema.ts';
import { quoteName, quoteNames } from '../core/sql-text.ts';
import type { CellValue, Relation } from '../engine/engine.ts';
import { askRows } from './ask-rows.ts';
import type { DeltaTable } from './delta-table.ts';
import type { SourceRows } from './row-change.ts';
import { timezone } from './time-zone.ts';

/** Rows of a source as the relation `source`: each has a number (`__ls_position`), and reading them again costs little. */
export interface NumberedRows {
  readonly relation: Relation;
  readonly rows: number;
  /** What the least and the greatest values of its columns tell of rows of the table that equal one of them. */
  readonly bounds: Predicate | undefined;
}

/** Makes the rows of a source ready, in one file of the folder if need be. LS2201 when one does not meet what all must, LS2202 for keys. */
export async function openSource(
  table: DeltaTable,
  source: SourceRows,
  {
    schema,
    folder,
    signal,
  }: { readonly schema: StructType; readonly folder: string; readonly signal: AbortSignal | undefined },
): Promise<NumberedRows> {
  const relation = await numberedRelation(table, source, { folder, signal });
  if (source.allMeet !== undefined) await checkAllMeet(table, relation, { source, condition: source.allMeet, signal });
  if (source.unique !== undefined) await checkUnique(table, relation, { key: source.unique, signal });
  const bounded = boundedColumns(schema, source);
  const items = bounded.flatMap(({ own }) =>
    ['min', 'max'].map((bound) => `cast(${bound}(${quoteName(own)}) as varchar)`),
  );
  const sql = `select ${['count(*)', ...items].join(', ')} from source`;
  const [[rows, ...bounds] = []] = await askRows(table, { sql, relations: [relation] }, signal);
  return { relation, rows: Number(rows), bounds: boundsPredicate(bounded, bounds) };
}

async function numberedRelation(
  table: DeltaTable,
  { relations, numbered, columns }: SourceRows,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal | undefined },
): Promise<Relation> {
  if (numbered !== undefined) {
    const all: readonly Column[] = [...columns, { name: '__ls_position', type: 'long' }];
    return { name: 'source', kind: 'sql', exact: true, columns: all, sql: numbered };
  }
  const names = columns.map((column) => quoteName(column.name)).join(', ');
  const files = await table.engine.stage(
    {
      sql: `select ${names} from ${quoteName(relations.at(-1)?.name ?? '')}`,
      relations,
      timezone,
      folder,
      fileName: 'source.parquet',
      columns,
      fieldIds: {},
      passing: true,
    },
    signal === undefined ? {} : { signal },
  );
  return { ...scratchRelation('source', { folder, columns, files }), rowPositions: true };
}

/** Rows in files of a scratch folder under a name. */
export function scratchRelation(
  name: string,
  {
    folder,
    columns,
    files,
  }: { readonly folder: string; readonly columns: readonly Column[]; readonly files: readonly { name: string }[] },
): Extract<Relation, { kind: 'parquet' }> {
  return {
    name,
    kind: 'parquet',
    columns,
    files: files.map((file) => ({ location: `${folder}/${file.name}`, partitionValues: {} })),
  };
}

async function checkAllMeet(
  table: DeltaTable,
  relation: Relation,
  {
    source,
    condition,
    signal,
  }: { readonly source: SourceRows; readonly condition: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const names = source.columns.map((column) => column.name);
  const sql = `select ${quoteNames(names)} from source as t where not coalesce((${condition}\n), false) limit 5`;
  const rows = await askRows(table, { sql, relations: [relation] }, signal);
  if (rows.length === 0) return;
  const shown = rowTexts(names, rows);
  throw new LakeError(
    'LS2201',
    `Nothing was written: rows do not meet ${condition}, and would stand outside of what is overwritten: ${shown}. Leave them out, or widen the condition.`,
    { context: { rows: shown } },
  );
}

async function checkUnique(
  table: DeltaTable,
  relation: Relation,
  { key, signal }: { readonly key: readonly string[]; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const isNull = key.map((name) => `${quoteName(name)} is null`).join(' or ');
  const sql = `select ${quoteNames(key)}, count(*) from source group by all having count(*) > 1 or ${isNull} order by all limit 5`;
  const found = await askRows(table, { sql, relations: [relation] }, signal);
  if (found.length === 0) return;
  const rows = rowTexts([...key, 'rows:'], found);
  throw new LakeError(
    'LS2202',
    `Nothing was merged: the key ${key.join(', ')} says of each row which one it is, and here it is NULL or not unique: ${rows}. Leave one row of each key, or say in --sql what is to be done.`,
    { context: { rows } },
  );
}

/** A few rows for a message. */
export function rowTexts(names: readonly string[], rows: readonly (readonly CellValue[])[]): string {
  const text = (value: CellValue | undefined): string =>
    typeof value === 'object' && value !== null
      ? JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
      : String(value);
  return rows.map((row) => `(${names.map((name, i) => `${name} ${text(row[i])}`).join(', ')})`).join(', ');
}

/** A column of the table, and that of the source which it equals. */
interface BoundedColumn {
  readonly column: string;
  readonly type: DataType;
  readonly own: string;
}

/** The columns that must be equal, and whose values compare as their texts or whole numbers do on both sides. */
function boundedColumns(schema: StructType, { equal = [], columns }: SourceRows): readonly BoundedColumn[] {
  return equal.flatMap(({ column, source: own }) => {
    const type = schema.fields.find((field) => field.name === column)?.type;
    const ownType = columns.find((candidate) => candidate.name === own)?.type;
    return type === undefined || ownType === undefined || !sameOrder(type, ownType) ? [] : [{ column, type, own }];
  });
}

function boundsPredicate(
  columns: readonly BoundedColumn[],
  bounds: readonly (CellValue | undefined)[],
): Predicate | undefined {
  const operands = columns.flatMap(({ column, type }, i): Predicate[] =>
    (['>=', '<='] as const).flatMap((operator, side) => {
      const text = bounds[2 * i + side];
      if (typeof text !== 'string') return [];
      return [{ kind: 'compare', column: [column], operator, value: isInteger(type) ? BigInt(text) : text }];
    }),
  );
  return operands.length === 0 ? undefined : { kind: 'and', operands };
}

function isInteger(type: DataType): boolean {
  return type === 'long' || type === 'integer' || type === 'short' || type === 'byte';
}

function sameOrder(type: DataType, own: DataType): boolean {
  return isInteger(type) ? isInteger(own) : type === own && (type === 'string' || type === 'date');
}
