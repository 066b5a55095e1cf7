import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTemporaryFolder, sweepTemporaryFolders, withTemporaryFolder } from './temporary-folder.ts';

let parent = '';
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lakesmith-test-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const dayMs = 86_400_000;

/** A folder as another program would have made it, a day ago. */
async function leave(name: string, ageMs = dayMs): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder);
  await writeFile(join(folder, 'spilled'), 'much');
  const then = new Date(Date.now() - ageMs);
  await utimes(folder, then, then);
  return name;
}

describe('a temporary folder', () => {
  it('is made where nothing is yet, and goes with what was done in it', async () => {
    const place = join(parent, 'a/b');
    const used = await withTemporaryFolder(place, 'rows', async (folder) => {
      await writeFile(join(folder, 'x'), '');
      return folder;
    });
    expect(basename(used)).toMatch(/^lakesmith-rows-/);
    expect(await readdir(place)).toEqual([]);
    await expect(withTemporaryFolder(place, 'rows', () => Promise.reject(new Error('failed')))).rejects.toThrow(
      'failed',
    );
    expect(await readdir(place)).toEqual([]);
  });

  it('is swept when the program that made it was killed, and nothing else is', async () => {
    const own = basename(await makeTemporaryFolder(parent, 'engine'));
    await utimes(join(parent, own), 0, 0);
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    const named = (pid: number): string => own.replace(/\.\d+-/, `.${pid}-`);
    await leave(`${named(dead)}killed`);
    const stay = [
      own,
      await leave(`${named(process.ppid)}alive`),
      await leave(`${named(dead)}young`, 60_000),
      await leave(`lakesmith-engine-00000000.${dead}-elsewhere`),
      await leave('lakesmith-test-of-somebody'),
      await leave('mine'),
    ];
    await sweepTemporaryFolders(parent, Date.now());
    expect((await readdir(parent)).sort()).toEqual([...stay].sort());
    await sweepTemporaryFolders(join(parent, 'nowhere'), Date.now());
  });
});
