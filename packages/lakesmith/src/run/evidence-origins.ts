import { LakeError } from '../core/errors.ts';
import type { Scalar } from '../engine/engine.ts';
import type { Evidence } from './audit.ts';
import type { TraceWorld } from './trace.ts';
import { originOfRow, originText } from './trace.ts';

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
