import { setTimeout as wait } from 'node:timers/promises';
import type { ObjectDraft, PutOptions, StoredObject, TableStore } from '@lakesmith/delta';
import { DeltaError } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { ObjectStore, PutOutcome } from '../storage/object-store.ts';
import { fromProtocol } from './protocol-errors.ts';

/** A table's folder in a store, as the protocol wants it; '' is the store's own. */
export function tableStore(store: ObjectStore, tablePath: string): TableStore {
  const root = tablePath === '' ? '' : `${tablePath}/`;
  const inside = (path: string): string => `${root}${path}`;
  const placeOf = ({ within, lastLook }: PutOptions = {}): PutOptions => ({
    ...(within === undefined ? {} : { within: inside(within) }),
    ...lookOf(lastLook),
  });
  return {
    get: (path) => store.get(inside(path)),
    getMany: (paths) => store.getMany(paths.map(inside)),
    getRange: (path, start, end) => store.getRange(inside(path), start, end),
    async *list(folder, startAfter): AsyncIterable<StoredObject> {
      const prefix = `${inside(folder)}/`;
      const options = startAfter === undefined ? { shallow: true } : { shallow: true, startAfter: prefix + startAfter };
      for await (const object of store.list(prefix, options)) {
        yield {
          path: object.path.slice(root.length),
          sizeBytes: object.sizeBytes,
          modifiedMs: object.modifiedMs,
        };
      }
    },
    async putIfAbsent(path, bytes, options) {
      return await created(path, store.putIfAbsent(inside(path), bytes, { ...options, ...placeOf(options) }));
    },
    async draft(path, bytes, options): Promise<ObjectDraft> {
      const draft = await store.draft(inside(path), bytes, placeOf(options));
      return {
        putIfAbsent: (name, how) => created(name, draft.putIfAbsent(inside(name), how)),
        drop: () => draft.drop(),
      };
    },
    async put(path, bytes, options) {
      await store.put(inside(path), bytes, placeOf(options));
    },
    delete: (path, options) => store.delete(inside(path), lookOf(options?.lastLook)),
  };
}

/** What it refuses passes through the store as it is. */
function lookOf(lastLook: PutOptions['lastLook']): Pick<PutOptions, 'lastLook'> {
  if (lastLook === undefined) return {};
  return {
    lastLook: () =>
      lastLook().catch((error: unknown) => {
        throw fromProtocol(error);
      }),
  };
}

async function created(path: string, put: Promise<PutOutcome>): Promise<'created' | 'exists'> {
  try {
    return (await put).kind === 'stored' ? 'created' : 'exists';
  } catch (error) {
    if (!(error instanceof LakeError) || error.code !== 'LS3104') throw error;
    throw new DeltaError('not-durable', error.message, { context: { path }, cause: error });
  }
}

const MAX_PAUSE_MS = 100;

/** Waits before the next try to commit: `TableIo.pause`. */
export async function pauseBetweenTries(failed: number): Promise<void> {
  await wait(Math.min(2 ** failed, MAX_PAUSE_MS) * Math.random());
}
