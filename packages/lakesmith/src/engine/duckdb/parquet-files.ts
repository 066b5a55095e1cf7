import { LakeError } from '../../core/errors.ts';
import type { Column, DataType } from '../../core/schema.ts';
import { quoteName, quoteText } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { Relation, RelationFile } from '../engine.ts';
import type { Session } from './session.ts';
import { quoteFiles } from './file-names.ts';

type ParquetRelation = Extract<Relation, { kind: 'parquet' }>;

/** A file and its place in the relation. */
interface PlacedFile extends RelationFile {
  readonly index: number;
}

let deletions = 0;

/** A SELECT over exactly the rows and columns of the relation's files. */
export async function parquetSql(session: Session, relation: ParquetRelation): Promise<string> {
  const files = relation.files.map((file, index): PlacedFile => ({ ...file, index }));
  const local = await filesWithLocalTimes(session, relation);
  const parts = [files.filter((file) => !local.has(file.location)), files.filter((file) => local.has(file.location))];
  const selects: string[] = [];
  for (const [part, placed] of parts.entries()) {
    if (placed.length > 0) selects.push(await readSql(session, relation, placed, part === 1));
  }
  return selects.join(' UNION ALL ');
}

async function readSql(
  session: Session,
  relation: ParquetRelation,
  files: readonly PlacedFile[],
  localTimes: boolean,
): Promise<string> {
  const partitions = new Set((relation.partitionColumns ?? []).map((name) => name.toLowerCase()));
  const stored = relation.columns.filter((column) => !partitions.has(column.name.toLowerCase()));
  const items = relation.columns.map((column) => {
    const value = partitions.has(column.name.toLowerCase())
      ? partitionSql(column, files)
      : localTimes && column.type === 'timestamp'
        ? `timezone('UTC', ${quoteName(column.name)})`
        : quoteName(column.name);
    return `${value} AS ${quoteName(column.name)}`;
  });
  if (relation.rowPositions === true) items.push(`${placeSql(files)} AS _file`, 'file_row_number AS _position');
  const schema = stored.length === 0 ? [{ name: '_none', type: 'boolean' } as const] : stored;
  const source = `read_parquet(${quoteFiles(files.map((file) => file.location))}, hive_partitioning = false, schema = MAP {${schema.map((column) => schemaEntry(column, localTimes)).join(', ')}})`;
  return `SELECT ${items.join(', ')} FROM ${source} AS _files${await withoutDeleted(session, files)}`;
}

// By name, so that a column which a file lacks is NULL and one that it has in a narrower type is widened.
function schemaEntry(column: Column, localTimes: boolean): string {
  const type = localTimes && column.type === 'timestamp' ? 'TIMESTAMP' : toEngineType(column.type);
  const name = quoteText(column.name);
  return `${name}: {name: ${name}, type: ${quoteText(type)}, default_value: NULL}`;
}

function placeSql(files: readonly PlacedFile[]): string {
  const inOrder = files.every((file, position) => file.index === position);
  return inOrder
    ? 'CAST(file_index AS BIGINT)'
    : `CAST([${files.map((file) => file.index).join(', ')}][CAST(file_index AS BIGINT) + 1] AS BIGINT)`;
}

function partitionSql(column: Column, files: readonly PlacedFile[]): string {
  const values = files.map((file) => partitionLiteral(column.type, file.partitionValues[column.name] ?? null));
  const [first = 'NULL'] = values;
  const text = values.every((value) => value === first)
    ? first
    : `[${values.join(', ')}][CAST(file_index AS BIGINT) + 1]`;
  return `CAST(${text} AS ${toEngineType(column.type)})`;
}

// Delta writes instants without a zone in UTC.
function partitionLiteral(type: DataType, value: string | null): string {
  if (value === null || value === '') return 'CAST(NULL AS VARCHAR)';
  const zoned = type === 'timestamp' && !/(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(value.slice(10));
  return quoteText(zoned ? `${value}+00` : value);
}

async function withoutDeleted(session: Session, files: readonly PlacedFile[]): Promise<string> {
  const deleted = files.flatMap((file, position) => (file.deletedRows ?? []).map((row) => [position, row] as const));
  if (deleted.length === 0) return '';
  const table = `${session.catalog}.main._deleted_${deletions++}`;
  await session.run(`CREATE TABLE ${table} (file UBIGINT, row_number BIGINT)`);
  for (let from = 0; from < deleted.length; from += 10_000) {
    const values = deleted.slice(from, from + 10_000).map(([file, row]) => `(${file}, ${row})`);
    await session.run(`INSERT INTO ${table} VALUES ${values.join(', ')}`);
  }
  return ` WHERE NOT EXISTS (FROM ${table} AS _d WHERE _d.file = _files.file_index AND _d.row_number = _files.file_row_number)`;
}

/**
 * Files of other writers whose times are INT96 or carry no zone. They are UTC in Delta, whatever the session's time zone; the
 * engine reads them as local times.
 */
async function filesWithLocalTimes(session: Session, relation: ParquetRelation): Promise<ReadonlySet<string>> {
  const timed = relation.columns.filter((column) => holdsInstant(column.type));
  if (timed.length === 0 || session.timezone === 'UTC') return new Set();
  const list = quoteFiles(relation.files.map((file) => file.location));
  const rows = await session.rows(
    `SELECT DISTINCT file_name FROM parquet_schema(${list}) WHERE type = 'INT96' OR CAST(logical_type AS VARCHAR) LIKE '%isAdjustedToUTC=0%TIMESTAMP%' OR CAST(logical_type AS VARCHAR) LIKE 'Timestamp%isAdjustedToUTC=0%'`,
  );
  const nested = timed.find((column) => column.type !== 'timestamp');
  if (rows.length > 0 && nested !== undefined) {
    throw new LakeError(
      'LS2101',
      `Column ${nested.name} holds times without a zone inside a list or struct, which can only be read with timezone: UTC`,
    );
  }
  return new Set(rows.map((row) => String(row['file_name'])));
}

function holdsInstant(type: DataType): boolean {
  if (typeof type === 'string') return type === 'timestamp';
  if (type.type === 'array') return holdsInstant(type.elementType);
  if (type.type === 'map') return holdsInstant(type.keyType) || holdsInstant(type.valueType);
  return type.fields.some((field) => holdsInstant(field.type));
}
