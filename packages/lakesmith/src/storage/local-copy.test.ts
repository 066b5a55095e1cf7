import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { objectStoreContract } from './contract.test-suite.ts';
import { openLocalStore } from './local.ts';

/** Why a file that is there gets no other name; what is being put gets its own. */
const refusal = vi.hoisted(() => ({ code: 'EMLINK' }));

vi.mock('node:fs', async (load) => {
  const real = await load<typeof import('node:fs')>();
  return {
    ...real,
    linkSync: (from: string, to: string): void => {
      const isCopy = !basename(from).startsWith('.tmp-') && real.existsSync(from) && !real.existsSync(to);
      if (isCopy) throw Object.assign(new Error(`${refusal.code}: no link`), { code: refusal.code });
      real.linkSync(from, to);
    },
  };
});

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lakesmith-copy-'));
  folders.push(folder);
  return folder;
}
beforeEach(() => {
  refusal.code = 'EMLINK';
});
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

objectStoreContract('the local store where files get no second name', async () => openLocalStore(await newFolder()));

describe('a file that gets no second name', () => {
  it.each(['EMLINK', 'EPERM', 'EXDEV'])('is copied whole (%s), with nothing left beside it', async (code) => {
    refusal.code = code;
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    const content = new Uint8Array(200_000).map((_, i) => i % 251);
    await store.put('a/one', content);
    await store.copy('a/one', 'b/two');
    expect(Buffer.compare((await store.get('b/two')) ?? Buffer.alloc(0), content)).toBe(0);
    expect(await readdir(join(folder, 'b'))).toEqual(['two']);
    expect((await lstat(join(folder, 'b/two'))).ino).not.toBe((await lstat(join(folder, 'a/one'))).ino);
  });

  it('is not copied when the disk fails', async () => {
    refusal.code = 'EIO';
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    await store.put('a/one', new Uint8Array(10));
    await expect(store.copy('a/one', 'b/two')).rejects.toMatchObject({ code: 'LS3101' });
    expect(await readdir(join(folder, 'b'))).toEqual([]);
  });
});
