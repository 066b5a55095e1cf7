import { DeltaError } from '../errors.ts';
import { serializeJson } from '../json.ts';
import { decodePath } from '../paths.ts';
import type { TableIo } from '../store.ts';
import { parseAction } from './action-form.ts';
import { parseRows } from './commit-file.ts';
import type { CheckpointFiles } from './list.ts';
import { LOG_FOLDER } from './names.ts';
import { unpackAdds } from './packed-adds.ts';
import { type LogRow, PendingAdd } from './pending-add.ts';

type Fields = { readonly [key: string]: unknown };

/** Sidecars and parts that are read at the same time. */
const PARALLEL = 8;

/**
 * The actions of a checkpoint, of all its parts and sidecars together. It follows the V2 spec when it has rows of that spec,
 * whatever its name. Anything missing or malformed in it is an error: a checkpoint is used whole or not at all.
 */
export async function readCheckpoint(io: TableIo, checkpoint: CheckpointFiles): Promise<LogRow[]> {
  const actions: LogRow[] = [];
  const sidecars: string[] = [];
  let isMarked = false;
  for (const { path, rows, adds } of await readAll(io, checkpoint.paths)) {
    for (const add of adds) actions.push(add);
    for (const [index, row] of rows.entries()) {
      if (isFields(row) && isFields(row['sidecar'])) sidecars.push(sidecarPath(row['sidecar'], path));
      else if (isFields(row) && isFields(row['checkpointMetadata'])) {
        checkMark(row['checkpointMetadata'], checkpoint.version, path);
        isMarked = true;
      } else addAction(actions, { row, path, number: index + 1 });
    }
  }
  const [first = ''] = checkpoint.paths;
  if (checkpoint.naming === 'uuid' && !isMarked) throw corrupt(first, 'it has no checkpointMetadata');
  if (sidecars.length === 0) return actions;
  if (actions.some(isFileAction)) throw corrupt(first, 'it has files in itself and in sidecars');
  for (const { path, rows, adds } of await readAll(io, [...new Set(sidecars)])) {
    for (const add of adds) actions.push(add);
    const start = actions.length;
    for (const [index, row] of rows.entries()) addAction(actions, { row, path, number: index + 1 });
    if (!actions.slice(start).every(isFileAction)) throw corrupt(path, 'a sidecar holds more than files');
  }
  return actions;
}

/** The paths of the sidecars that a checkpoint names; none when it has its files in itself. */
export async function sidecarsOf(io: TableIo, { paths }: CheckpointFiles): Promise<string[]> {
  const sidecars: string[] = [];
  for (const { path, rows } of await readAll(io, paths))
    for (const row of rows)
      if (isFields(row) && isFields(row['sidecar'])) sidecars.push(sidecarPath(row['sidecar'], path));
  return sidecars;
}

function isFileAction(action: LogRow): boolean {
  return action instanceof PendingAdd || 'add' in action || 'remove' in action;
}

interface CheckpointRows {
  readonly rows: readonly unknown[];
  readonly adds: readonly PendingAdd[];
}

async function readAll(io: TableIo, paths: readonly string[]): Promise<(CheckpointRows & { readonly path: string })[]> {
  const read: (CheckpointRows & { readonly path: string })[] = [];
  for (let start = 0; start < paths.length; start += PARALLEL) {
    const some = paths.slice(start, start + PARALLEL);
    read.push(...(await Promise.all(some.map(async (path) => ({ path, ...(await readRows(io, path)) })))));
  }
  return read;
}

async function readRows(io: TableIo, path: string): Promise<CheckpointRows> {
  if (!path.endsWith('.json')) {
    const packed = await io.checkpoints.readPacked?.(path);
    const adds = packed === undefined ? undefined : unpackAdds(packed.adds);
    if (packed === undefined || adds === undefined) return { rows: await io.checkpoints.read(path), adds: [] };
    return { rows: packed.rows, adds };
  }
  const bytes = await io.store.get(path);
  if (bytes === undefined) throw corrupt(path, 'it is gone');
  return { rows: parseRows(bytes, path), adds: [] };
}

function addAction(actions: LogRow[], { row, path, number }: { row: unknown; path: string; number: number }): void {
  const action = parseAction(
    isFields(row) && isFields(row['add']) ? withoutParsed(row, row['add']) : row,
    path,
    number,
  );
  if (action !== undefined && !('commitInfo' in action) && !('cdc' in action)) actions.push(action);
}

/** Statistics may be there as columns only; then they become the text that they are in commits. */
function withoutParsed(row: Fields, add: Fields): unknown {
  if (add['stats_parsed'] === undefined && add['partitionValues_parsed'] === undefined) return row;
  const { stats_parsed: parsed, partitionValues_parsed: _, ...kept } = add;
  if (isPresent(kept['stats']) || !isFields(parsed)) return { add: kept };
  return { add: { ...kept, stats: serializeJson(withoutNulls(parsed)) } };
}

function withoutNulls(value: unknown): unknown {
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => isPresent(item) && !(item instanceof Uint8Array))
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

function checkMark(mark: Fields, version: number, path: string): void {
  if (mark['version'] !== version) throw corrupt(path, 'it says that it is of another version');
}

/** Sidecars are always in one folder of the log, whatever else their path says: tables are copied and moved. */
function sidecarPath(sidecar: Fields, checkpoint: string): string {
  const given = sidecar['path'];
  const name = typeof given === 'string' ? decodePath(given.slice(given.lastIndexOf('/') + 1)) : '';
  if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name) || name.includes('\u0000')) {
    throw corrupt(checkpoint, `a sidecar has the path ${JSON.stringify(given)}`);
  }
  return `${LOG_FOLDER}/_sidecars/${name}`;
}

function corrupt(path: string, what: string): DeltaError {
  return new DeltaError('log-corrupt', `The checkpoint ${path} cannot be used: ${what}.`, { context: { path } });
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
