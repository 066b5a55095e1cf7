import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryProjectFiles, nodeProjectFiles } from './files.ts';
import type { ProjectFiles } from './files.ts';

async function onDisk(): Promise<ProjectFiles> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'project-files-'));
  await mkdir(path.join(folder, 'silver/deep'), { recursive: true });
  await writeFile(path.join(folder, 'silver/b.sql'), 'b');
  await writeFile(path.join(folder, 'silver/deep/a.sql'), 'a');
  await writeFile(path.join(folder, 'silver/.hidden.sql'), 'h');
  return nodeProjectFiles(folder);
}

const inMemory = (): Promise<ProjectFiles> =>
  Promise.resolve(memoryProjectFiles({ 'silver/deep/a.sql': 'a', 'silver/b.sql': 'b', 'silverware.sql': 'x' }));

describe.each([
  ['a folder', onDisk],
  ['memory', inMemory],
])('files of %s', (_, open) => {
  it('are listed below a folder, sorted', async () => {
    const files = await open();
    expect(await files.list('silver')).toEqual(['silver/b.sql', 'silver/deep/a.sql']);
    expect(await files.list('gold')).toEqual([]);
  });

  it('are read, or absent', async () => {
    const files = await open();
    expect(new TextDecoder().decode(await files.read('silver/b.sql'))).toBe('b');
    expect(await files.read('silver/none.sql')).toBeUndefined();
    expect(await files.read('toString')).toBeUndefined();
  });
});
