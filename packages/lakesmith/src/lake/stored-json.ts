import { LakeError, messageOf } from '../core/errors.ts';
import { decodeJson } from '../core/json.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/** One of the lake's own small files; undefined when it is not there. What cannot be read is named, not guessed at. */
export async function readStoredJson<T>(store: ObjectStore, path: string): Promise<T | undefined> {
  const bytes = await store.get(path);
  if (bytes === undefined) return undefined;
  try {
    return decodeJson(bytes) as T;
  } catch (cause) {
    throw new LakeError(
      'LS3101',
      `${path} in the lake at ${store.url} is damaged (${messageOf(cause)}): bring it back from a copy, or remove it if it is younger than your last good run.`,
      { cause, context: { path } },
    );
  }
}
