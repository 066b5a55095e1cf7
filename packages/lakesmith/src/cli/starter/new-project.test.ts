import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NewProject } from './new-project.ts';

let place = '';
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'lakesmith-new-project-'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

describe('a project that is being made', () => {
  it('is taken away with the folders above it', async () => {
    const project = new NewProject(join(place, 'a/b'));
    await project.makeFolder('gold');
    await project.write('bronze/x.yml', 'x');
    await project.copy(join(place, 'a/b/bronze/x.yml'), 'landing/x/1.csv');
    expect(await readFile(join(place, 'a/b/landing/x/1.csv'), 'utf8')).toBe('x');
    project.undo();
    expect(await readdir(place)).toEqual([]);
  });

  it('leaves what it did not make, and never writes over it', async () => {
    await mkdir(join(place, 'bronze'));
    await writeFile(join(place, 'bronze/mine.yml'), 'mine');
    const project = new NewProject(place);
    await project.write('bronze/x.yml', 'x');
    await project.write('silver/x.sql', 'x');
    await writeFile(join(place, 'silver/other.sql'), 'other');
    await expect(project.write('bronze/mine.yml', 'x')).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(project.copy(join(place, 'silver/x.sql'), 'bronze/mine.yml')).rejects.toMatchObject({
      code: 'EEXIST',
    });
    project.undo();
    expect((await readdir(place, { recursive: true })).sort()).toEqual([
      'bronze',
      'bronze/mine.yml',
      'silver',
      'silver/other.sql',
    ]);
    expect(await readFile(join(place, 'bronze/mine.yml'), 'utf8')).toBe('mine');
  });
});
