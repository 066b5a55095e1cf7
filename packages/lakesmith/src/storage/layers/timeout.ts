import { LakeError } from '../../core/errors.ts';
import type { ObjectStore } from '../object-store.ts';
import { type StoreCall, aroundStore } from './around.ts';

/**
 * A store whose calls fail with LS3103 when they take longer than this. The call itself may still take effect later: of a put that
 * timed out nothing is known.
 */
export function timeoutStore(store: ObjectStore, timeoutMs: number): ObjectStore {
  return aroundStore(store, async (call, path, act) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(tooLate({ call, path, timeoutMs })), timeoutMs);
    });
    try {
      return await Promise.race([act(), late]);
    } finally {
      clearTimeout(timer);
    }
  });
}

function tooLate({ call, path, timeoutMs }: { call: StoreCall; path: string; timeoutMs: number }): LakeError {
  return new LakeError('LS3103', `The store did not answer within ${timeoutMs / 1000} s (${call} ${path}).`, {
    retry: 'safe',
    operation: call,
    context: { path, timeoutMs },
  });
}
