import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discoverFiles, globMatcher } from './discover.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lakesmith-discover-'));
  for (const path of [
    'in/b.json',
    'in/a.json',
    'in/ä.json',
    'in/.part.json',
    'in/_tmp.json',
    'in/a.csv',
    'in/deep/c.json',
    'in/deep/er/d.json',
  ]) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), path);
  }
});
afterAll(() => rm(root, { recursive: true }));

const paths = async (pattern: string): Promise<string[]> =>
  (await discoverFiles(root, pattern)).map((file) => file.path);

describe('discoverFiles', () => {
  it('matches within one folder, in byte order, without hidden files', async () => {
    expect(await paths('in/*.json')).toEqual(['in/a.json', 'in/b.json', 'in/ä.json']);
  });
  it('descends for ** and for folders in the pattern', async () => {
    expect(await paths('in/**/*.json')).toEqual([
      'in/a.json',
      'in/b.json',
      'in/deep/c.json',
      'in/deep/er/d.json',
      'in/ä.json',
    ]);
    expect(await paths('in/*/c.json')).toEqual(['in/deep/c.json']);
    expect(await paths('./in/deep/?.json')).toEqual(['in/deep/c.json']);
  });
  it('takes a pattern without a wildcard, and a folder that is not there', async () => {
    expect(await paths('in/a.csv')).toEqual(['in/a.csv']);
    expect(await paths('nowhere/*.csv')).toEqual([]);
    expect(await paths('in/a.csv/x.json')).toEqual([]);
  });
  it('says the size', async () => {
    expect((await discoverFiles(root, 'in/a.csv'))[0]?.sizeBytes).toBe(8);
  });
});

describe('globMatcher', () => {
  it('takes every other character as itself', () => {
    expect(globMatcher('a+(b).json')('a+(b).json')).toBe(true);
    expect(globMatcher('a.json')('axjson')).toBe(false);
    expect(globMatcher('*.json')('a/b.json')).toBe(false);
    expect(globMatcher('**/b.json')('b.json')).toBe(true);
  });
});
