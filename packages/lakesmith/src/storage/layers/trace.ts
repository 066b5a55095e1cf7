import type { ObjectStore } from '../object-store.ts';
import { type StoreCall, aroundStore } from './around.ts';

/** One call of a store that came to its end. */
export interface StoreTrace {
  readonly call: StoreCall;
  readonly path: string;
  readonly elapsedMs: number;
  /** What it threw, if it failed. */
  readonly error?: unknown;
}

/** A store that tells of every call after it ended. */
export function traceStore(store: ObjectStore, onCall: (trace: StoreTrace) => void): ObjectStore {
  return aroundStore(store, async (call, path, act) => {
    const start = performance.now();
    try {
      const result = await act();
      onCall({ call, path, elapsedMs: performance.now() - start });
      return result;
    } catch (error) {
      onCall({ call, path, elapsedMs: performance.now() - start, error });
      throw error;
    }
  });
}
