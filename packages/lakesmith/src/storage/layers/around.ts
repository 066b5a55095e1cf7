import type { ObjectDraft, ObjectInfo, ObjectStore } from '../object-store.ts';

/**
 * The calls of a store; a listing counts as one call for each object that it is asked for, getMany as one of its first path. What a draft is
 * created as is a putIfAbsent.
 */
export type StoreCall =
  'get' | 'getMany' | 'getRange' | 'head' | 'list' | 'put' | 'putIfAbsent' | 'draft' | 'putIfMatch' | 'copy' | 'delete';

/** Runs something around one call: `act` makes the call. */
export type Around = <T>(call: StoreCall, path: string, act: () => Promise<T>) => Promise<T>;

/** A store whose every call goes through `around`. */
export function aroundStore(store: ObjectStore, around: Around): ObjectStore {
  return {
    url: store.url,
    localPath: store.localPath,
    get: (path) => around('get', path, () => store.get(path)),
    getMany: (paths) => around('getMany', paths[0] ?? '', () => store.getMany(paths)),
    getRange: (path, start, end) => around('getRange', path, () => store.getRange(path, start, end)),
    head: (path) => around('head', path, () => store.head(path)),
    list: (prefix, options) => aroundList(store.list(prefix, options), prefix, around),
    put: (path, bytes, options) => around('put', path, () => store.put(path, bytes, options)),
    putIfAbsent: (path, bytes, options) => around('putIfAbsent', path, () => store.putIfAbsent(path, bytes, options)),
    draft: async (path, bytes, options): Promise<ObjectDraft> => {
      const draft = await around('draft', path, () => store.draft(path, bytes, options));
      return {
        putIfAbsent: (name, how) => around('putIfAbsent', name, () => draft.putIfAbsent(name, how)),
        drop: () => draft.drop(),
      };
    },
    putIfMatch: (path, bytes, etag) => around('putIfMatch', path, () => store.putIfMatch(path, bytes, etag)),
    copy: (from, to) => around('copy', to, () => store.copy(from, to)),
    delete: (path, options) => around('delete', path, () => store.delete(path, options)),
  };
}

async function* aroundList(
  listing: AsyncIterable<ObjectInfo>,
  prefix: string,
  around: Around,
): AsyncIterable<ObjectInfo> {
  const iterator = listing[Symbol.asyncIterator]();
  let finished = false;
  try {
    for (;;) {
      const next = await around('list', prefix, () => iterator.next());
      finished = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    if (!finished) await iterator.return?.();
  }
}
