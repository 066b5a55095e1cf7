import { setTimeout as wait } from 'node:timers/promises';
import { LakeError } from '../../core/errors.ts';
import type { ObjectDraft, ObjectInfo, ObjectStore, PutOutcome } from '../object-store.ts';

export interface RetryOptions {
  /** Calls in all. Default 5. */
  readonly attempts?: number;
  /** Pause before the second call; it doubles with each further one. Default 50. */
  readonly pauseMs?: number;
}

/**
 * A store that makes a call again when it failed with an error that says this is safe. A conditional put that failed may
 * have happened: when it is refused the next time, what is there is compared, so that a put never loses against itself. When it gives up, the
 * last error is thrown with retry 'exhausted'.
 */
export function retryStore(store: ObjectStore, { attempts = 5, pauseMs = 50 }: RetryOptions = {}): ObjectStore {
  const again = async <T>(act: (attempt: number) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await act(attempt);
      } catch (error) {
        await pauseOrThrow(error, attempt);
      }
    }
  };
  const pauseOrThrow = async (error: unknown, attempt: number): Promise<void> => {
    if (!(error instanceof LakeError) || error.retry !== 'safe') throw error;
    if (attempt >= attempts) throw exhausted(error, attempts);
    await wait(pauseMs * 2 ** (attempt - 1) * (0.5 + Math.random()));
  };
  const conditional = (path: string, bytes: Uint8Array, put: () => Promise<PutOutcome>): Promise<PutOutcome> =>
    again(async (attempt) => {
      const outcome = await put();
      if (outcome.kind === 'stored' || attempt === 1) return outcome;
      // Refused because of ourselves: an earlier put of these bytes happened, and only its answer was lost.
      const ours = await etagIfSame(store, path, bytes);
      return ours === undefined ? outcome : { kind: 'stored', etag: ours };
    });
  return {
    url: store.url,
    localPath: store.localPath,
    get: (path) => again(() => store.get(path)),
    getMany: (paths) => again(() => store.getMany(paths)),
    getRange: (path, start, end) => again(() => store.getRange(path, start, end)),
    head: (path) => again(() => store.head(path)),
    list: (prefix, options) => listAgain({ store, prefix, options, pauseOrThrow }),
    put: (path, bytes, options) => again(() => store.put(path, bytes, options)),
    putIfAbsent: (path, bytes, options) => conditional(path, bytes, () => store.putIfAbsent(path, bytes, options)),
    draft: async (path, bytes, options): Promise<ObjectDraft> => {
      const draft = await again(() => store.draft(path, bytes, options));
      return {
        putIfAbsent: (name, how) => conditional(name, bytes, () => draft.putIfAbsent(name, how)),
        drop: () => draft.drop(),
      };
    },
    putIfMatch: (path, bytes, etag) => conditional(path, bytes, () => store.putIfMatch(path, bytes, etag)),
    copy: (from, to) => again(() => store.copy(from, to)),
    delete: (path, options) => again(() => store.delete(path, options)),
  };
}

/** The etag of what is at the path, if it is these very bytes. */
async function etagIfSame(store: ObjectStore, path: string, bytes: Uint8Array): Promise<string | undefined> {
  const before = await store.head(path);
  if (before?.sizeBytes !== bytes.byteLength) return undefined;
  const there = await store.get(path);
  return there !== undefined && Buffer.compare(there, bytes) === 0 ? before.etag : undefined;
}

/** Goes on after the last object that it gave. */
async function* listAgain(request: {
  store: ObjectStore;
  prefix: string;
  options: Parameters<ObjectStore['list']>[1];
  pauseOrThrow: (error: unknown, attempt: number) => Promise<void>;
}): AsyncIterable<ObjectInfo> {
  let { options } = request;
  for (let attempt = 1; ; attempt += 1) {
    try {
      for await (const info of request.store.list(request.prefix, options)) {
        yield info;
        options = { ...options, startAfter: info.path };
        attempt = 1;
      }
      return;
    } catch (error) {
      await request.pauseOrThrow(error, attempt);
    }
  }
}

function exhausted(error: LakeError, attempts: number): LakeError {
  return new LakeError(error.code, `${error.message} Tried ${attempts} times.`, {
    retry: 'exhausted',
    ...(error.operation === undefined ? {} : { operation: error.operation }),
    context: error.context,
    cause: error,
  });
}
