import { LakeError } from '../core/errors.ts';
import type { Scalar } from '../engine/engine.ts';
import type { Project } from '../project/model.ts';
import { fileColumn, positionColumn } from '../sql/origin.ts';
import type { Evidence } from './audit.ts';
import type { BoundTable } from './context.ts';
import type { TraceWorld } from './trace.ts';
import { originOf, originOfRow, originText } from './trace.ts';

/** The rows that show what was wrong, each with the file and line that it came from where its key tells. */
export async function withOrigins(
  world: TraceWorld,
  { table, key }: { readonly table: string; readonly key: readonly string[] },
  { columns, rows }: Pick<Evidence, 'columns' | 'rows'>,
): Promise<Pick<Evidence, 'columns' | 'rows'>> {
  if (key.length === 0 || !key.every((column) => columns.includes(column))) return { columns, rows };
  const origins: string[] = [];
  for (const row of rows) {
    const values = Object.fromEntries(
      key.map((column): [string, Scalar] => [column, row[columns.indexOf(column)] ?? null]),
    );
    origins.push(await originIn(world, table, values));
  }
  if (origins.every((origin) => origin === '')) return { columns, rows };
  return { columns: [...columns, 'from'], rows: rows.map((row, i) => [...row, origins[i] ?? '']) };
}

/** The same for rows of a source that say where they lie. */
export async function withPlaces(
  project: Project,
  bound: BoundTable,
  { columns, rows }: Pick<Evidence, 'columns' | 'rows'>,
): Promise<Pick<Evidence, 'columns' | 'rows'>> {
  const [source, file, position] = ['_source', fileColumn, positionColumn].map((name) => columns.indexOf(name));
  const isShown = (_: unknown, i: number): boolean => i !== source && i !== file && i !== position;
  const shown: Scalar[][] = [];
  for (const row of rows) {
    const place = { file: row[file ?? -1], position: row[position ?? -1], row: { _source: row[source ?? -1] ?? null } };
    shown.push([...row.filter(isShown), originText(await originOf({ project }, bound, place))]);
  }
  return { columns: [...columns.filter(isShown), 'from'], rows: shown };
}

/** '' where it cannot be told: that must not hide what was wrong. */
async function originIn(world: TraceWorld, table: string, values: Readonly<Record<string, Scalar>>): Promise<string> {
  try {
    const origin = await originOfRow(world, table, values);
    return origin === undefined ? '' : originText(origin);
  } catch (error) {
    if (error instanceof LakeError && error.code !== 'LS2103') return '';
    throw error;
  }
}
