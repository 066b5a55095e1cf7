import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Snapshot, TableIo } from '@lakesmith/delta';
import { followSnapshot } from '@lakesmith/delta';
import type { Clock } from '../core/clock.ts';
import { LakeError } from '../core/errors.ts';
import { systemErrorCode } from '../core/platform.ts';
import type { Engine } from '../engine/engine.ts';
import { readRange } from '../storage/local-read.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { checkpointCodec } from './checkpoint-codec.ts';
import type { CommitLine } from './commit-line.ts';
import { commitLineOf } from './commit-line.ts';
import { refuseLinksOut } from './links.ts';
import { pauseBetweenTries, tableStore } from './table-store.ts';

/** A Delta table that stands alone: any folder, by any writer, part of no lake. */
export interface DeltaTable {
  readonly engine: Engine;
  readonly store: ObjectStore;
  readonly io: TableIo;
  /** The commits of this process to it. */
  readonly line: CommitLine;
  /** Where the engine finds a file of the table. */
  locate(path: string): string;
}

/** Opens the table whose folder the store is. `allowed`: folders besides it that its files may lie in. */
export function openDeltaTable(
  store: ObjectStore,
  engine: Engine,
  settings: { readonly clock: Clock; readonly allowed?: readonly string[] },
): DeltaTable {
  const root = store.localPath;
  if (root === undefined) throw new LakeError('LS3101', `The engine cannot read ${store.url} yet: use a folder.`);
  const locate = (path: string): string => `${root}/${path}`;
  const allowed = settings.allowed ?? [];
  return {
    engine,
    store,
    locate,
    line: commitLineOf(root),
    io: {
      store: tableStore(store, ''),
      checkpoints: checkpointCodec(engine, store, { path: '', locate }),
      location: root,
      allowed,
      getOutside: (url, start, end) => readAllowed(url, { start, end, allowed }),
      now: () => settings.clock.now(),
      pause: pauseBetweenTries,
    },
  };
}

/** The newest version of a table of which one is known: nothing is read again that this process committed. */
export async function newestVersion({ io, line }: DeltaTable, known: Snapshot): Promise<Snapshot> {
  const own = line.newest;
  const isLater = own !== undefined && own.version > known.version && own.metadata.id === known.metadata.id;
  return await followSnapshot(io, isLater ? own : known);
}

async function readAllowed(
  file: string,
  { start, end, allowed }: { readonly start: number; readonly end: number; readonly allowed: readonly string[] },
): Promise<Uint8Array | undefined> {
  if (!isAbsolute(file)) throw new LakeError('LS3101', `There is no store for ${file} yet: use folders.`);
  // The log was checked before; a link on the way must not lead elsewhere either.
  refuseLinksOut(allowed)(file);
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  });
  if (handle === undefined) return undefined;
  try {
    return await readRange(handle, start, end);
  } finally {
    await handle.close();
  }
}
