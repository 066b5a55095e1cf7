import type { Snapshot, TableIo } from '@lakesmith/delta';
import { latestVersion, readSnapshot } from '@lakesmith/delta';
import type { Clock } from '../core/clock.ts';
import { LakeError } from '../core/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { folderStore } from '../storage/folder.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { checkpointCodec } from './checkpoint-codec.ts';
import { pauseBetweenTries, tableStore } from './table-store.ts';

/** A folder or bucket that holds everything a project makes: tables by path, joined of store, protocol and engine. */
export interface Lake {
  /** The whole folder or bucket; paths of tables are relative to it. */
  readonly store: ObjectStore;
  /** Where the lake keeps what it knows of itself: releases, runs, intents, the lease. An overlay has its own. */
  readonly state: ObjectStore;
  /** The lake that this one is an overlay of; undefined: it is none. */
  readonly base: Lake | undefined;
  /** The path, in the store, of something of the lake's own: of a table that it makes, of what it stages. */
  own(path: string): string;
  /** Whether the lake may commit to the table in this folder: an overlay never does to one of its base's. */
  owns(tablePath: string): boolean;
  readonly engine: Engine;
  /** What the protocol needs to reach the table in this folder of the lake. */
  io(tablePath: string): TableIo;
  /** Where the engine finds a file of the lake. */
  locate(path: string): string;
  /** A version of a table, the newest when none is given; undefined when there is no table. */
  open(tablePath: string, version?: number): Promise<Snapshot | undefined>;
}

const overlaysFolder = '_env';

/** Where a table lies that was never anywhere else: 'silver/orders'. */
export function pathOfTable(table: string): string {
  return table.replace('.', '/');
}

/**
 * An environment in the lake of another one. It reads the base's tables where they lie, and makes its own, its releases and all
 * else that it writes in a folder of its own: nobody waits for it, and nothing of the base changes.
 */
export function overlayLake(base: Lake, environment: string): Lake {
  const folder = overlayFolder(environment);
  return {
    ...base,
    base,
    state: folderStore(base.store, folder),
    own: (path) => `${folder}/${path}`,
    owns: (path) => path.startsWith(`${folder}/`),
  };
}

/** The folder, in the store of the lake, that an overlay has for itself. */
export function overlayFolder(environment: string): string {
  return `${overlaysFolder}/${environment}`;
}

/** Refuses, before anything is written, to commit to a table that is not the lake's own. */
export function requireOwn(lake: Lake, tables: readonly { readonly table: string; readonly path: string }[]): void {
  const other = tables.find(({ path }) => !lake.owns(path));
  if (other === undefined) return;
  throw new LakeError(
    'LS9001',
    `${other.table} lies in ${other.path}, which belongs to another environment: nothing was written to it.`,
    { context: { table: other.table, path: other.path } },
  );
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
    state: store,
    base: undefined,
    own: (path) => path,
    owns: (path) => !path.startsWith(`${overlaysFolder}/`),
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
