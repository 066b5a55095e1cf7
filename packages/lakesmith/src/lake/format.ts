import { LakeError } from '../core/errors.ts';
import { encodeJson } from '../core/json.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { readStoredJson } from './stored-json.ts';

const path = '_lakesmith/format.json';
/** The version of the lake's own files that this program reads and writes. */
export const lakeFormat = 1;

interface Format {
  readonly version: number;
  readonly minReader: number;
  readonly minWriter: number;
}

/** Refuses a lake that this program must not touch; undefined when there is no lake yet. */
export async function checkFormat(store: ObjectStore): Promise<Format | undefined> {
  const format = await readStoredJson<Format>(store, path);
  if (format === undefined) return undefined;
  if (!(format.minReader <= lakeFormat && format.minWriter <= lakeFormat)) {
    throw new LakeError(
      'LS3002',
      `The lake at ${store.url} has format ${format.version}, this program reads and writes ${lakeFormat}: install a newer lakesmith.`,
      { context: { ...format } },
    );
  }
  return format;
}

/** Marks a new lake with its format; an existing one is checked. */
export async function ensureFormat(store: ObjectStore): Promise<void> {
  if ((await checkFormat(store)) !== undefined) return;
  await store.putIfAbsent(path, encodeJson({ version: lakeFormat, minReader: 1, minWriter: 1 } satisfies Format));
}
