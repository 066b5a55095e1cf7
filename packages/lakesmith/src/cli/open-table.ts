import { rmdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Snapshot } from '@lakesmith/delta';
import { readSnapshot } from '@lakesmith/delta';
import { systemClock } from '../core/clock.ts';
import { LakeError, messageOf } from '../core/errors.ts';
import { systemErrorCode } from '../core/platform.ts';
import type { DeltaTable } from '../lake/delta-table.ts';
import { openDeltaTable } from '../lake/delta-table.ts';
import { retryStore } from '../storage/layers/retry.ts';
import { makeFolder } from '../storage/local-put.ts';
import { openStore } from '../storage/open.ts';
import { lazyEngine } from './lazy-engine.ts';
import { parseSize } from './size.ts';
import { momentOf, versionOf } from './time-point.ts';

/** Options of every command that looks at a table by its path. */
export interface TableOptions {
  readonly json?: boolean;
  /** Folders outside the table that its files may lie in. */
  readonly allow?: readonly string[];
  /** What the engine may use: '1GB'. */
  readonly memoryLimit?: string;
}

/** Which state of the table is asked about. */
export interface VersionOptions extends TableOptions {
  readonly version?: string;
  readonly asOf?: string;
  readonly stagedCommit?: readonly string[];
}

/** Opens the table of a folder for one action; no project is needed. */
export async function withTable<T>(
  path: string,
  options: TableOptions,
  act: (table: DeltaTable) => Promise<T>,
): Promise<T> {
  const tables = await openTables([path], options);
  try {
    const [table] = tables.opened;
    if (table === undefined) throw new LakeError('LS9001', 'A table was opened and is not there');
    return await act(table);
  } finally {
    await tables.close();
  }
}

/** The same for a table that may not be there yet. */
export async function withNewTable<T>(
  path: string,
  options: TableOptions,
  act: (table: DeltaTable) => Promise<T>,
): Promise<T> {
  return await withFolder(path, () => withTable(path, options, act));
}

/** Makes a folder for what is done in it; it goes again when that fails and left nothing there. */
export async function withFolder<T>(path: string, act: () => Promise<T>): Promise<T> {
  if (isUrl(path)) return await act();
  const made = await makeFolder(resolve(path)).catch((error: unknown) => {
    if (systemErrorCode(error) === undefined) throw error;
    throw new LakeError('LS4005', `The folder ${path} cannot be made (${messageOf(error)}): choose another place.`, {
      cause: error,
    });
  });
  try {
    return await act();
  } catch (error) {
    for (const folder of made) {
      const left = await rmdir(folder).catch(systemErrorCode);
      if (left !== undefined) break;
    }
    throw error;
  }
}

/** Opens several tables on one engine. */
export async function openTables(
  paths: readonly string[],
  options: TableOptions,
): Promise<{ readonly opened: readonly DeltaTable[]; close(): Promise<void> }> {
  const memoryBytes = options.memoryLimit === undefined ? undefined : parseSize(options.memoryLimit);
  const engine = lazyEngine(async () => {
    const { openQueryEngine } = await import('./query-engine.ts');
    return openQueryEngine(memoryBytes);
  });
  const allowed = (options.allow ?? []).map((folder) => (isUrl(folder) ? folder : resolve(folder)));
  const opened: DeltaTable[] = [];
  for (const path of paths) {
    const store = await openStore(isUrl(path) ? path : await folderOf(path));
    opened.push(openDeltaTable(retryStore(store), engine, { clock: systemClock, allowed }));
  }
  return { opened, close: () => engine.close() };
}

/** The state that the options ask for, the newest when they ask for none. */
export async function snapshotOf(table: DeltaTable, options: VersionOptions): Promise<Snapshot> {
  const { version, asOf, stagedCommit } = options;
  if (version !== undefined && asOf !== undefined)
    throw new LakeError('LS4001', 'A table is read at a --version or --as-of a time, not at both.');
  return await readSnapshot(table.io, {
    ...(version === undefined ? {} : { version: versionOf('--version', version) }),
    ...(asOf === undefined ? {} : { asOf: momentOf('--as-of', asOf) }),
    ...(stagedCommit === undefined ? {} : { stagedCommits: stagedCommit }),
  });
}

function isUrl(path: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9+.-]+:/.test(path);
}

async function folderOf(path: string): Promise<string> {
  const folder = resolve(path);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new LakeError('LS3003', `${path} is not a folder, so there is no Delta table.`);
  return folder;
}
