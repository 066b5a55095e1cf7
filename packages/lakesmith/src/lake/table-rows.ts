import type { NewFile, Snapshot, StructType } from '@lakesmith/delta';
import { buildStats, fieldIds, partitionKeys, statsColumns, storedColumns } from '@lakesmith/delta';
import { quoteName } from '../core/sql-text.ts';
import type { Relation, RowCheck, StageRequest } from '../engine/engine.ts';
import type { DeltaTable } from './delta-table.ts';
import { nextNumbers } from './identity.ts';
import type { Promises } from './promises.ts';
import { promisesOf } from './promises.ts';
import { movedColumns } from './row-identity.ts';
import { timezone } from './time-zone.ts';

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
  /** Of new rows: the columns that they bring values for. Absent: all values are what they are to be. */
  readonly given?: ReadonlySet<string>;
  /** What is asked of them; absent: what the table promises. */
  readonly promises?: Promises;
  /** Some of them were in the table before: their columns are those of `movedColumns`. */
  readonly moved?: boolean;
  /** The size that files are cut at, where it is not that of the table. */
  readonly fileBytes?: number | undefined;
  /** The files need not last before the commit that names them, which goes through the line of the table. */
  readonly loose?: boolean;
}

/** The size that data files are cut at: what the table says, or 256 MB. */
export function fileBytes({ metadata }: Pick<Snapshot, 'metadata'>): number {
  const [, count, unit = ''] =
    /^(\d{1,12})\s*([kmg]?)b?$/i.exec(metadata.configuration['delta.targetFileSize']?.trim() ?? '') ?? [];
  const bytes = Number(count) * ({ k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[unit.toLowerCase()] ?? 1);
  return bytes > 0 ? bytes : 256 * 2 ** 20;
}

/** Writes rows as data files of a table which is as `target` says. Nobody can see them yet. */
export async function writeRows(
  table: DeltaTable,
  target: Snapshot,
  rows: RowsQuery,
  signal?: AbortSignal,
): Promise<readonly NewFile[]> {
  const { metadata } = target;
  const promises = rows.promises ?? (await promisesOf(table, target));
  const stored = storedColumns(target);
  const partitionColumns = metadata.partitionColumns.map((name) => partitionKeys(target).get(name) ?? name);
  const inFiles: StructType = { type: 'struct', fields: stored.fields };
  const { computed, checks } = keepPromises(promises, rows.given);
  const columns = rows.moved === true ? movedColumns(target) : target.schema.fields;
  const storedAs = [...stored.fields, ...columns.slice(stored.fields.length)];
  const staged = await table.engine.stage(
    {
      sql: rows.sql,
      relations: rows.relations,
      timezone,
      folder: table.locate('').replace(/\/$/, ''),
      fileName: `part-00000-${crypto.randomUUID()}-c000.zstd.parquet`,
      columns,
      computed,
      checks,
      hidden: columns.slice(target.schema.fields.length).map(({ name }) => name),
      required: target.schema.fields.filter((field) => !field.nullable).map((field) => field.name),
      ...(stored.fields === target.schema.fields ? {} : { stored: storedAs }),
      fieldIds: fieldIds(inFiles),
      loose: rows.loose === true,
      ...(partitionColumns.length > 0 ? { partitionColumns } : { fileBytes: rows.fileBytes ?? fileBytes(target) }),
    },
    signal === undefined ? {} : { signal },
  );
  if (rows.loose === true) table.line.loose.add(staged.map(({ name }) => name));
  const modifiedMs = table.io.now();
  const indexed = statsColumns(target);
  return staged.map((file) => ({
    path: file.name,
    sizeBytes: file.sizeBytes,
    modifiedMs,
    rows: file.rows,
    partitionValues: file.partitionValues,
    stats: buildStats(inFiles, { rows: file.rows, columns: file.stats }, indexed),
  }));
}

/** What the engine is to make and to check. A value that rows bring for a generated column must be what it would be anyway. */
function keepPromises(
  { checks, generated, identity }: Promises,
  given: ReadonlySet<string> | undefined,
): Required<Pick<StageRequest, 'computed' | 'checks'>> {
  const computed: [string, string][] = [];
  const more: RowCheck[] = [];
  if (given !== undefined) {
    for (const [column, { sql, text }] of generated) {
      const isSame = `${quoteName(column)} IS NOT DISTINCT FROM (${sql})`;
      if (given.has(column)) more.push({ name: `that ${column} is ${text}`, sql: isSame });
      else computed.push([column, sql]);
    }
    for (const [column, identityOf] of identity) {
      if (given.has(column)) continue;
      const numbers = nextNumbers(column, identityOf);
      computed.push([column, numbers.sql]);
      more.push(...numbers.checks);
    }
  }
  return { computed: Object.fromEntries(computed), checks: [...checks, ...more] };
}
