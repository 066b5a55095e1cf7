import type { Snapshot, TableIo } from '@lakesmith/delta';
import { latestVersion, readSnapshot } from '@lakesmith/delta';
import type { Clock } from '../core/clock.ts';
import { LakeError } from '../core/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { checkpointCodec } from './checkpoint-codec.ts';
import { pauseBetweenTries, tableStore } from './table-store.ts';

/** A folder or bucket that holds everything a project makes: tables by path, joined of store, protocol and engine. */
export interface Lake {
  readonly store: ObjectStore;
  readonly engine: Engine;
  /** What the protocol needs to reach the table in this folder of the lake. */
  io(tablePath: string): TableIo;
  /** Where the engine finds a file of the lake. */
  locate(path: string): string;
  /** A version of a table, the newest when none is given; undefined when there is no table. */
  open(tablePath: string, version?: number): Promise<Snapshot | undefined>;
}

export function openLake(store: ObjectStore, engine: Engine, clock: Clock): Lake {
  const root = store.localPath;
  if (root === undefined)
    throw new LakeError('LS3101', `The engine cannot read ${store.url} yet: use a folder for the lake.`);
  const locate = (path: string): string => `${root}/${path}`;
  // A version never changes, so what was read once is kept: a run opens the same input for every model that reads it.
  const seen = new Map<string, Snapshot>();
  const io = (tablePath: string): TableIo => ({
    store: tableStore(store, tablePath),
    checkpoints: checkpointCodec(engine, store, { path: tablePath, locate }),
    location: locate(tablePath),
    now: () => clock.now(),
    pause: pauseBetweenTries,
  });
  return {
    store,
    engine,
    io,
    locate,
    async open(tablePath, version) {
      const known = seen.get(tablePath);
      if (known !== undefined && known.version === version) return known;
      const table = io(tablePath);
      if (version === undefined && (await latestVersion(table)) === undefined) return undefined;
      const snapshot = await readSnapshot(table, {
        ...(version === undefined ? {} : { version }),
        ...(known === undefined || (version !== undefined && version < known.version) ? {} : { base: known }),
      });
      if (known === undefined || snapshot.version > known.version) seen.set(tablePath, snapshot);
      return snapshot;
    },
  };
}
