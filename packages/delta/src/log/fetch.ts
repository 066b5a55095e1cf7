import type { TableStore } from '../store.ts';
import type { LogStep } from './segment.ts';

/** Files that are fetched at the same time, and how many bytes of them, so that a log of large commits fits into memory. */
const MAX_FILES = 64;
const MAX_BYTES = 64 * 1024 * 1024;

type Fetched = { readonly bytes: Uint8Array | undefined } | { readonly error: unknown };

/** The content of each step's file, in their order, fetched ahead; undefined for a file that is gone. */
export async function* fetchInOrder<Step extends { readonly file: LogStep['file'] }>(
  store: TableStore,
  steps: readonly Step[],
): AsyncGenerator<{ readonly step: Step; readonly bytes: Uint8Array | undefined }> {
  const ahead: Promise<Fetched>[] = [];
  let bytesAhead = 0;
  let next = 0;
  for (const step of steps) {
    for (; next < steps.length; next += 1) {
      const file = steps[next]?.file;
      if (file === undefined) break;
      const isFull = ahead.length >= MAX_FILES || bytesAhead + file.sizeBytes > MAX_BYTES;
      if (isFull && ahead.length > 0) break;
      bytesAhead += file.sizeBytes;
      ahead.push(fetch(store, file.path));
    }
    const fetched = await ahead.shift();
    bytesAhead -= step.file.sizeBytes;
    if (fetched === undefined) return;
    if ('error' in fetched) throw fetched.error;
    yield { step, bytes: fetched.bytes };
  }
}

/** A failure is kept until its turn comes: what is fetched ahead may never be asked for. */
async function fetch(store: TableStore, path: string): Promise<Fetched> {
  try {
    return { bytes: await store.get(path) };
  } catch (error) {
    return { error };
  }
}
