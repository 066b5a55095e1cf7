import { describe, expect, it } from 'vitest';
import type { StoredObject, TableStore } from '../store.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { fetchInOrder } from './fetch.ts';

const paths: readonly string[] = Array.from({ length: 200 }, (_, i) => `_delta_log/${i}`);

function stepsOf(sizeBytes: number): { readonly file: StoredObject }[] {
  return paths.map((path) => ({ file: { path, sizeBytes, modifiedMs: 0 } }));
}

function storeOf(there: readonly string[]): TableStore {
  const io = new MemoryIo();
  for (const path of there) io.objects.set(path, { bytes: new TextEncoder().encode(path), modifiedMs: 0 });
  return io.store;
}

async function contents(store: TableStore, sizeBytes = 1): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for await (const { bytes } of fetchInOrder(store, stepsOf(sizeBytes)))
    found.push(bytes === undefined ? undefined : new TextDecoder().decode(bytes));
  return found;
}

/** A store that gives several at once, and tells of how many it was asked for. */
function inBatches(store: TableStore, asked: number[]): TableStore {
  return {
    ...store,
    getMany: (some) => {
      asked.push(some.length);
      return Promise.all(some.map((path) => store.get(path)));
    },
  };
}

describe('fetching the files of a log', () => {
  it('gives each in its order, and undefined for one that is gone', async () => {
    const store = storeOf(paths.slice(1));
    const expected = [undefined, ...paths.slice(1)];
    expect(await contents(store)).toEqual(expected);
    const asked: number[] = [];
    expect(await contents(inBatches(store, asked))).toEqual(expected);
    expect(asked).toEqual([64, 64, 64, 8]);
  });

  it('asks for no more bytes together than fit, and for a large file alone', async () => {
    const asked: number[] = [];
    await contents(inBatches(storeOf(paths), asked), 10 * 1024 * 1024);
    expect(Math.max(...asked)).toBe(3);
    let open = 0;
    let most = 0;
    const store = storeOf(paths);
    const get = async (path: string): Promise<Uint8Array | undefined> => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return store.get(path);
    };
    await contents({ ...store, get }, 100 * 1024 * 1024);
    expect(most).toBe(1);
  });

  it.each([false, true])(
    'fails when it is the turn of the file that cannot be read (batches: %s)',
    async (together) => {
      const store = storeOf(paths);
      const get = async (path: string): Promise<Uint8Array | undefined> => {
        if (path === paths[70]) throw new Error(`no ${path}`);
        return store.get(path);
      };
      const failing = { ...store, get };
      const asked: number[] = [];
      const seen: string[] = [];
      const read = async (): Promise<void> => {
        const from = together ? inBatches(failing, asked) : failing;
        for await (const { step } of fetchInOrder(from, stepsOf(1))) seen.push(step.file.path);
      };
      await expect(read()).rejects.toThrow('no _delta_log/70');
      expect(seen).toEqual(paths.slice(0, 70));
      expect(asked.length > 0).toBe(together);
    },
  );
});
