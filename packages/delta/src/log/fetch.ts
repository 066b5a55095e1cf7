import type { TableStore } from '../store.ts';
import type { LogStep } from './segment.ts';

/** Files that are fetched together, and how many bytes of them, so that a log of large commits fits into memory. */
const MAX_FILES = 64;
const MAX_BYTES = 32 * 1024 * 1024;

type Fetched = { readonly bytes: Uint8Array | undefined } | { readonly error: unknown };
type FileStep = { readonly file: LogStep['file'] };

/** The content of each step's file, in their order, fetched ahead; undefined for a file that is gone. */
export async function* fetchInOrder<Step extends FileStep>(
  store: TableStore,
  steps: readonly Step[],
): AsyncGenerator<{ readonly step: Step; readonly bytes: Uint8Array | undefined }> {
  const batches = batchesOf(steps);
  let ahead: Promise<readonly Fetched[]> | undefined;
  for (const [i, batch] of batches.entries()) {
    const fetched = await (ahead ?? fetchAll(store, batch));
    const next = batches[i + 1];
    ahead = next === undefined || isLarge(batch) || isLarge(next) ? undefined : fetchAll(store, next);
    for (const [place, step] of batch.entries()) {
      const one = fetched[place];
      if (one === undefined) return;
      if ('error' in one) throw one.error;
      yield { step, bytes: one.bytes };
    }
  }
}

/** Of a file that is larger than all that may be fetched together, nothing is fetched beside it. */
function isLarge([first]: readonly FileStep[]): boolean {
  return first !== undefined && first.file.sizeBytes > MAX_BYTES;
}

function batchesOf<Step extends FileStep>(steps: readonly Step[]): Step[][] {
  const batches: Step[][] = [];
  let bytes = Infinity;
  for (const step of steps) {
    const batch = batches.at(-1);
    bytes += step.file.sizeBytes;
    if (batch !== undefined && batch.length < MAX_FILES && bytes <= MAX_BYTES) batch.push(step);
    else {
      batches.push([step]);
      bytes = step.file.sizeBytes;
    }
  }
  return batches;
}

/** A failure is kept until its turn comes: what is fetched ahead may never be asked for. */
async function fetchAll(store: TableStore, batch: readonly FileStep[]): Promise<readonly Fetched[]> {
  const paths = batch.map(({ file }) => file.path);
  const oneByOne = (): Promise<Fetched[]> => Promise.all(paths.map((path) => fetch(store, path)));
  if (store.getMany === undefined) return oneByOne();
  try {
    return (await store.getMany(paths)).map((bytes) => ({ bytes }));
  } catch {
    // So it is told which of them failed.
    return oneByOne();
  }
}

async function fetch(store: TableStore, path: string): Promise<Fetched> {
  try {
    return { bytes: await store.get(path) };
  } catch (error) {
    return { error };
  }
}
