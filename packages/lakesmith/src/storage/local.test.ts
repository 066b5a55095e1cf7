import { execFileSync } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { objectStoreContract } from './contract.test-suite.ts';
import { reapTemporaries } from './local-temporaries.ts';
import { openLocalStore } from './local.ts';
import { probeAtomicCreate } from './probe.ts';

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lakesmith-store-'));
  folders.push(folder);
  return folder;
}
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

objectStoreContract('the local store', async () => openLocalStore(await newFolder()));

describe('the local store', () => {
  it('makes nothing until the first put', async () => {
    const folder = join(await newFolder(), 'lake', 'new');
    const store = await openLocalStore(folder);
    expect(await store.get('x')).toBeUndefined();
    const listed: string[] = [];
    for await (const { path } of store.list('')) listed.push(path);
    expect(listed).toEqual([]);
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
    await store.put('a/b', bytes('x'));
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('makes nothing within a folder that is gone', async () => {
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    await store.put('t/log/1', bytes('x'));
    await rm(join(folder, 't'), { recursive: true });
    const within = { within: 't/log' };
    const gone = { code: 'LS3101', retry: 'never', message: expect.stringContaining('deleted') };
    await expect(store.put('t/log/2', bytes('x'), within)).rejects.toMatchObject(gone);
    await expect(store.put('t/log/below/2', bytes('x'), within)).rejects.toMatchObject(gone);
    await expect(store.putIfAbsent('t/log/2', bytes('x'), within)).rejects.toMatchObject(gone);
    expect(await readdir(folder)).toEqual([]);
    await store.put('t/log/1', bytes('x'));
    expect(await store.putIfAbsent('t/log/2', bytes('x'), within)).toMatchObject({ kind: 'stored' });
  });

  it('leaves no temporary file behind, neither as winner nor as loser', async () => {
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    await Promise.all(Array.from({ length: 10 }, () => store.putIfAbsent('x', bytes('1'))));
    const { etag } = await store.put('x', bytes('2'));
    await store.putIfMatch('x', bytes('3'), etag);
    await store.putIfMatch('x', bytes('4'), etag);
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('never lists temporary files, and reaps those that are old', async () => {
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    await store.put('t/x', bytes('1'));
    await writeFile(join(folder, 't', '.tmp-old'), 'x');
    await writeFile(join(folder, 't', '.tmp-new'), 'x');
    await utimes(join(folder, 't', '.tmp-old'), 1000, 1000);
    const listed: string[] = [];
    for await (const { path } of store.list('')) listed.push(path);
    expect(listed).toEqual(['t/x']);
    expect(await reapTemporaries(folder, 3_600_000)).toEqual({ deleted: 1, left: 1 });
    expect((await readdir(join(folder, 't'))).sort()).toEqual(['.tmp-new', 'x']);
  });

  it('does not follow links out of its folder', async () => {
    const outside = await newFolder();
    await writeFile(join(outside, 'secret'), 'secret');
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    await symlink(join(outside, 'secret'), join(folder, 'file'));
    await symlink(outside, join(folder, 'folder'));
    await symlink(join(outside, 'missing'), join(folder, 'dangling'));
    for (const path of ['file', 'folder/secret', 'folder/new', 'dangling']) {
      await expect(store.get(path)).rejects.toMatchObject({ code: 'LS3101' });
      await expect(store.getMany([path])).rejects.toMatchObject({ code: 'LS3101' });
      await expect(store.put(path, bytes('x'))).rejects.toMatchObject({ code: 'LS3101' });
      await expect(store.putIfAbsent(path, bytes('x'))).rejects.toMatchObject({ code: 'LS3101' });
    }
    const listed: string[] = [];
    for await (const { path } of store.list('')) listed.push(path);
    // Who looks for one of these names must find that it cannot be opened, and not that it is absent.
    expect(listed).toEqual(['dangling', 'file', 'folder']);
    expect(await readdir(outside)).toEqual(['secret']);
  });

  it('reads several through links that stay inside, as it reads one', async () => {
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    await store.put('real/x', bytes('1'));
    await symlink(join(folder, 'real'), join(folder, 'alias'));
    await symlink('x', join(folder, 'real', 'y'));
    const found = await store.getMany(['alias/x', 'real/y', 'real/x']);
    expect(found.map((one) => new TextDecoder().decode(one))).toEqual(['1', '1', '1']);
  });

  // There are no named pipes in folders on Windows.
  it.skipIf(process.platform === 'win32')('refuses pipes and devices, which never end', async () => {
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await symlink('pipe', join(folder, 'link'));
    for (const path of ['pipe', 'link']) {
      await expect(store.get(path)).rejects.toMatchObject({ code: 'LS3101' });
      await expect(store.getMany([path])).rejects.toMatchObject({ code: 'LS3101' });
      await expect(store.getRange(path, 0, 9)).rejects.toMatchObject({ code: 'LS3101' });
    }
    const listed: string[] = [];
    for await (const { path } of store.list('')) listed.push(path);
    expect(listed).toEqual(['link', 'pipe']);
  });

  it('works in a folder that is itself behind a link', async () => {
    const real = await newFolder();
    await mkdir(join(real, 'lake'));
    const alias = join(await newFolder(), 'alias');
    await symlink(join(real, 'lake'), alias);
    const store = await openLocalStore(alias);
    await store.put('x', bytes('1'));
    expect(await readFile(join(real, 'lake', 'x'), 'utf8')).toBe('1');
  });

  it('breaks the lock of a dead process and goes on', async () => {
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    const { etag } = await store.put('x', bytes('1'));
    const child = spawn(process.execPath, ['-e', '']);
    const pid = child.pid ?? 0;
    await new Promise((resolve) => child.once('exit', resolve));
    await writeFile(join(folder, '.tmp-lock-x'), JSON.stringify({ token: 'dead', pid, host: hostname() }));
    const outcomes = await Promise.all([1, 2, 3].map((i) => store.putIfMatch('x', bytes(String(i)), etag)));
    expect(outcomes.filter(({ kind }) => kind === 'stored')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('breaks a lock that an earlier process with our number left', async () => {
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    await writeFile(join(folder, '.tmp-lock-x'), JSON.stringify({ token: 'a', pid: process.pid, host: hostname() }));
    await store.put('x', bytes('1'));
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('says that this file system creates atomically, and leaves nothing behind', async () => {
    const folder = join(await newFolder(), 'lake');
    expect(await probeAtomicCreate(folder)).toEqual({ ok: true, how: 'hard link' });
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, 'file'), '');
    expect(await probeAtomicCreate(join(folder, 'file'))).toMatchObject({ ok: false });
  });
});
