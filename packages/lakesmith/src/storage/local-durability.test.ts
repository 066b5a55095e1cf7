import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import { openLocalStore } from './local.ts';

/** What would be left after a power cut: content that was flushed, under names whose folder was flushed since. */
const disk = vi.hoisted(() => ({
  open: new Map<number, string>(),
  /** Files whose content was flushed, by the name that they had then. */
  flushed: new Set<string>(),
  /** Names that were given to flushed and unflushed content, until their folder is flushed. */
  named: new Map<string, boolean>(),
  lasting: new Map<string, boolean>(),
  replaced: [] as string[],
}));

vi.mock('node:fs', async (load) => {
  const real = await load<typeof import('node:fs')>();
  return {
    ...real,
    openSync: (...args: Parameters<typeof real.openSync>): number => {
      const handle = real.openSync(...args);
      disk.open.set(handle, String(args[0]));
      return handle;
    },
    fsync: Object.assign((handle: number, done: (error: Error | null) => void): void => {
      const path = disk.open.get(handle) ?? '';
      disk.flushed.add(path);
      for (const [name, isWhole] of disk.named) {
        if (join(name, '..') !== path) continue;
        disk.lasting.set(name, isWhole);
        disk.named.delete(name);
      }
      real.fsync(handle, done);
    }, {}),
    linkSync: (from: string, to: string): void => {
      real.linkSync(from, to);
      disk.named.set(to, disk.flushed.has(from));
    },
  };
});
vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof import('node:fs/promises')>();
  return {
    ...real,
    rename: async (from: string, to: string): Promise<void> => {
      await real.rename(from, to);
      disk.named.set(to, disk.flushed.has(from));
      disk.replaced.push(basename(to));
    },
  };
});

let folder = '';
beforeEach(async () => {
  if (folder === '') folder = await mkdtemp(join(tmpdir(), 'lakesmith-durable-'));
  for (const set of [disk.flushed, disk.named, disk.lasting]) set.clear();
  disk.replaced.length = 0;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('what a power cut leaves', () => {
  it.each([10, 100_000])('of an object of %i bytes that was created: all of it, under its name', async (size) => {
    const store = await openLocalStore(join(folder, 'store'));
    const path = `log/${size}.json`;
    expect((await store.putIfAbsent(path, new Uint8Array(size))).kind).toBe('stored');
    expect([...disk.lasting]).toEqual([[join(folder, 'store', path), true]]);
    expect(disk.replaced).toEqual([]);
    expect((await store.putIfAbsent(path, new Uint8Array(size))).kind).toBe('refused');
  });

  it('of an object that may vanish: all of it or nothing, and all of it once its folder was flushed', async () => {
    const store = await openLocalStore(join(folder, 'store'));
    const file = join(folder, 'store/log/1.crc');
    await store.putIfAbsent('log/0.json', new Uint8Array(10));
    await store.putIfAbsent('log/1.crc', new Uint8Array(10), { mayVanish: true });
    expect([disk.named.get(file), disk.lasting.has(file)]).toEqual([true, false]);
    await store.putIfAbsent('log/2.json', new Uint8Array(10));
    expect(disk.lasting.get(file)).toBe(true);
  });

  it('of an object that was replaced: all of the new one', async () => {
    const store = await openLocalStore(join(folder, 'store'));
    await store.put('hint', new Uint8Array(10));
    expect(disk.lasting.get(join(folder, 'store/hint'))).toBe(true);
    expect(disk.named.size).toBe(0);
  });

  it('of data files: all of them, in whatever folder', async () => {
    const engine = await openDuckDb({ threads: 1 });
    const files = await engine.stage({
      sql: 'select i as id, i % 2 as p from range(4) t(i)',
      relations: [],
      timezone: 'UTC',
      folder: join(folder, 'data'),
      fileName: 'part-00000-x.parquet',
      columns: [
        { name: 'id', type: 'long' },
        { name: 'p', type: 'long' },
      ],
      partitionColumns: ['p'],
      fieldIds: { id: 1 },
    });
    await engine.close();
    expect(files).toHaveLength(2);
    for (const { name } of files)
      for (const path of [name, join(name, '..'), '.']) expect(disk.flushed).toContain(join(folder, 'data', path));
  });
});
