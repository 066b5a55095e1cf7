import type { ObjectDraft, ObjectInfo, ObjectStore, PutOptions } from './object-store.ts';

/** A folder of a store as a store of its own. */
export function folderStore(store: ObjectStore, folder: string): ObjectStore {
  const inside = (path: string): string => `${folder}/${path}`;
  const placed = <T extends PutOptions>(options?: T): T | undefined =>
    options?.within === undefined ? options : { ...options, within: inside(options.within) };
  const outside = (info: ObjectInfo): ObjectInfo => ({ ...info, path: info.path.slice(folder.length + 1) });
  return {
    url: `${store.url}/${folder}`,
    localPath: store.localPath === undefined ? undefined : `${store.localPath}/${folder}`,
    get: (path) => store.get(inside(path)),
    getMany: (paths) => store.getMany(paths.map(inside)),
    getRange: (path, start, end) => store.getRange(inside(path), start, end),
    head: async (path) => {
      const found = await store.head(inside(path));
      return found === undefined ? undefined : outside(found);
    },
    async *list(prefix, { startAfter, shallow = false } = {}): AsyncIterable<ObjectInfo> {
      const after = startAfter === undefined ? {} : { startAfter: inside(startAfter) };
      for await (const info of store.list(inside(prefix), { shallow, ...after })) yield outside(info);
    },
    put: (path, bytes, options) => store.put(inside(path), bytes, placed(options)),
    putIfAbsent: (path, bytes, options) => store.putIfAbsent(inside(path), bytes, placed(options)),
    draft: async (path, bytes, options): Promise<ObjectDraft> => {
      const draft = await store.draft(inside(path), bytes, placed(options));
      return { putIfAbsent: (name, how) => draft.putIfAbsent(inside(name), how), drop: () => draft.drop() };
    },
    putIfMatch: (path, bytes, etag) => store.putIfMatch(inside(path), bytes, etag),
    copy: (from, to) => store.copy(inside(from), inside(to)),
    delete: (path, options) => store.delete(inside(path), options),
  };
}
