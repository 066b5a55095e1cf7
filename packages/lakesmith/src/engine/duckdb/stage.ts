import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBMapValue } from '@duckdb/node-api';
import type { DuckDBValue } from '@duckdb/node-api';
import { LakeError } from '../../core/errors.ts';
import type { Column, DataType } from '../../core/schema.ts';
import { quoteName, quoteText } from '../../core/sql-text.ts';
import type { ColumnStats, StagedFile, StageRequest } from '../engine.ts';
import { describeStatement } from './describe.ts';
import { contractSql } from './exact-cast.ts';
import type { Session } from './session.ts';
import { prepareStatement } from './statement.ts';

/** Writes the query's rows as one Parquet file; no file when there are none. */
export async function stageQuery(session: Session, request: StageRequest): Promise<readonly StagedFile[]> {
  const { sql } = await prepareStatement(session, request.sql, request.relations);
  const parameters = request.parameters ?? {};
  const types = (await describeStatement(session, sql, parameters)).map((column) => column.engineType);
  if (types.length !== request.columns.length) {
    throw new LakeError(
      'LS2101',
      `The query has ${types.length} columns where the table has ${request.columns.length}`,
    );
  }
  const [name] = request.fileNames;
  if (name === undefined) throw new LakeError('LS9001', 'No file name was given for the rows of a query');
  const isLocal = !/^[a-z][a-z0-9+.-]+:\/\//i.test(request.folder);
  const file = isLocal ? join(request.folder, name) : `${request.folder.replace(/\/$/, '')}/${name}`;
  if (isLocal) await mkdir(request.folder, { recursive: true });
  const select = contractSql(sql, request.columns, types);
  const [row] = await session.rows(
    `COPY (${select}) TO ${quoteText(file)} (${copyOptions(request).join(', ')})`,
    parameters,
  );
  const rows = Number(row?.['count']);
  if (rows === 0) {
    await unlink(file);
    return [];
  }
  return [
    {
      name,
      rows,
      sizeBytes: Number(row?.['file_size_bytes']),
      stats: readStats(row?.['column_statistics'], request.columns),
    },
  ];
}

function copyOptions(request: StageRequest): string[] {
  const { columns, fieldIds, rowGroupSize } = request;
  // Spark cannot read the version 2 encoding of FLOAT and DOUBLE.
  const version = columns.some((column) => holdsFraction(column.type)) ? 'V1' : 'V2';
  const ids = fieldIdSpec(columns, fieldIds);
  return [
    'FORMAT parquet',
    'RETURN_STATS',
    'COMPRESSION zstd',
    'COMPRESSION_LEVEL 1',
    `PARQUET_VERSION ${version}`,
    ...(rowGroupSize === undefined ? [] : [`ROW_GROUP_SIZE ${rowGroupSize}`]),
    ...(ids === '' ? [] : [`FIELD_IDS {${ids}}`]),
  ];
}

function holdsFraction(type: DataType): boolean {
  if (typeof type === 'string') return type === 'float' || type === 'double';
  if (type.type === 'array') return holdsFraction(type.elementType);
  if (type.type === 'map') return holdsFraction(type.keyType) || holdsFraction(type.valueType);
  return type.fields.some((field) => holdsFraction(field.type));
}

type FieldIds = StageRequest['fieldIds'];

function fieldIdSpec(columns: readonly Column[], ids: FieldIds): string {
  return columns.flatMap((column) => fieldSpec(column.name, column.name, column.type, ids)).join(', ');
}

function fieldSpec(name: string, path: string, type: DataType, ids: FieldIds): string[] {
  const id = ids[path];
  const children = childrenOf(type).flatMap((child) => fieldSpec(child.name, `${path}.${child.name}`, child.type, ids));
  if (id === undefined && children.length === 0) return [];
  if (children.length === 0) return [`${quoteName(name)}: ${id}`];
  const own = id === undefined ? [] : [`__duckdb_field_id: ${id}`];
  return [`${quoteName(name)}: {${[...own, ...children].join(', ')}}`];
}

function childrenOf(type: DataType): readonly { readonly name: string; readonly type: DataType }[] {
  if (typeof type === 'string') return [];
  if (type.type === 'array') return [{ name: 'element', type: type.elementType }];
  if (type.type === 'map')
    return [
      { name: 'key', type: type.keyType },
      { name: 'value', type: type.valueType },
    ];
  return type.fields;
}

function readStats(value: unknown, columns: readonly Column[]): Record<string, ColumnStats> {
  const leaves = new Map(columns.flatMap((column) => leafTypes(column.name, column.type)));
  const stats: Record<string, ColumnStats> = {};
  for (const [key, facts] of mapEntries(value)) {
    const path = pathOf(key);
    const known = new Map(mapEntries(facts));
    const bounds = boundsOf(leaves.get(path), known);
    const hasNan = known.get('has_nan');
    stats[path] = {
      nullCount: Number(known.get('null_count') ?? 0),
      ...bounds,
      ...(hasNan === undefined ? {} : { hasNan: hasNan === 'true' || hasNan === '1' }),
    };
  }
  return stats;
}

function leafTypes(path: string, type: DataType): [string, DataType][] {
  const children = childrenOf(type);
  return children.length === 0
    ? [[path, type]]
    : children.flatMap((child) => leafTypes(`${path}.${child.name}`, child.type));
}

// Bounds of booleans come as 0 and 1, those of binary as hexadecimal digits, which nobody asks for.
function boundsOf(type: DataType | undefined, known: ReadonlyMap<string, DuckDBValue>): { min?: string; max?: string } {
  const min = known.get('min');
  const max = known.get('max');
  if (typeof min !== 'string' || typeof max !== 'string' || type === 'binary' || type === undefined) return {};
  return type === 'boolean' ? { min: String(min === '1'), max: String(max === '1') } : { min, max };
}

function mapEntries(value: unknown): [string, DuckDBValue][] {
  return value instanceof DuckDBMapValue ? value.entries.map((entry) => [String(entry.key), entry.value]) : [];
}

/** '"st"."a"' is st.a. */
function pathOf(key: string): string {
  return [...key.matchAll(/"((?:[^"]|"")*)"/g)].map((part) => (part[1] ?? '').replaceAll('""', '"')).join('.');
}
