import type { NewFile, Snapshot, StructType } from '@lakesmith/delta';
import { buildStats, fieldIds } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { DataType } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';
import { columnsOf } from './relation.ts';
import type { DeltaTable } from './delta-table.ts';

/** What an action on a table did. */
export interface WriteReport {
  readonly version: number;
  readonly operation: string;
  readonly filesAdded: number;
  readonly filesRemoved: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

/** A query whose columns are those of the table, by position. */
export interface RowsQuery {
  readonly sql: string;
  readonly relations: readonly Relation[];
}

/** The size that data files are cut at: what the table says, or 256 MB. */
export function fileBytes({ metadata }: Pick<Snapshot, 'metadata'>): number {
  const [, count, unit = ''] =
    /^(\d{1,12})\s*([kmg]?)b?$/i.exec(metadata.configuration['delta.targetFileSize']?.trim() ?? '') ?? [];
  const bytes = Number(count) * ({ k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[unit.toLowerCase()] ?? 1);
  return bytes > 0 ? bytes : 256 * 2 ** 20;
}

/** Tables by path belong to no project, so that times without a zone are UTC. */
export const timezone = 'UTC';

/** Writes rows as data files of a table which is as `target` says. Nobody can see them yet. */
export async function writeRows(
  table: DeltaTable,
  target: Snapshot,
  rows: RowsQuery,
  signal?: AbortSignal,
): Promise<readonly NewFile[]> {
  const { schema, metadata } = target;
  checkNested(schema);
  const columns = columnsOf(target);
  const staged = await table.engine.stage(
    {
      ...rows,
      timezone,
      folder: table.locate('').replace(/\/$/, ''),
      fileName: `part-00000-${crypto.randomUUID()}-c000.zstd.parquet`,
      columns,
      required: schema.fields.filter((field) => !field.nullable).map((field) => field.name),
      fieldIds: fieldIds(schema),
      ...(metadata.partitionColumns.length > 0
        ? { partitionColumns: metadata.partitionColumns }
        : { fileBytes: fileBytes(target) }),
    },
    signal === undefined ? {} : { signal },
  );
  const modifiedMs = table.io.now();
  const { partitionColumns, configuration } = metadata;
  return staged.map((file) => ({
    path: file.name,
    sizeBytes: file.sizeBytes,
    modifiedMs,
    partitionValues: file.partitionValues,
    stats: buildStats(schema, { rows: file.rows, columns: file.stats }, { partitionColumns, configuration }),
  }));
}

/** What is inside of structs, lists and maps is not looked at row by row, so that it must be allowed to be null. */
function checkNested(schema: StructType): void {
  for (const { name, type } of schema.fields) {
    if (!requiresNested(type)) continue;
    throw new LakeError(
      'LS3007',
      `Nothing can be written here: the table wants values inside of the column ${name} not to be null, which is not checked yet.`,
      { context: { column: name } },
    );
  }
}

function requiresNested(type: DataType): boolean {
  if (typeof type === 'string') return false;
  if (type.type === 'array') return !type.containsNull || requiresNested(type.elementType);
  if (type.type === 'map') return !type.valueContainsNull || requiresNested(type.valueType);
  return type.fields.some((field) => !field.nullable || requiresNested(field.type));
}
