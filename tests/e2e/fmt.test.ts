import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';

let folder = '';
const settings = Array.from({ length: 9 }, (_, i) => `    r${i}: a > ${i}\n`).join('');
const files: Readonly<Record<string, string>> = {
  'lakesmith.yml': 'lakesmith: 1\nname: shop\n',
  'silver/a.sql': '/* ---\ntags: [x]\nkey: a   \n--- */\nselect 1 as a  \n\n',
  'silver/b.sql': `/* ---\nkey: a\nexpect:\n  warn:\n${settings}--- */\nselect 1 as a\n`,
};
const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');
const fmt = (...args: readonly string[]): ReturnType<typeof runHere> => runHere(['fmt', ...args, '--project', folder]);

beforeEach(async () => {
  folder = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
afterEach(() => removeFolder(folder));

describe('lakesmith fmt', () => {
  it('tells what it would change, changes it, and is done', async () => {
    expect(await fmt('--check')).toMatchObject({ code: 1, stdout: 'silver/a.sql\n3 files, 1 to be formatted\n' });
    expect(await read('silver/a.sql')).toBe(files['silver/a.sql']);
    expect(await fmt(join(folder, 'silver/b.sql'))).toMatchObject({ code: 0, stdout: '1 file, none changed\n' });
    expect(await fmt()).toMatchObject({ code: 0, stdout: 'silver/a.sql\n3 files, 1 changed\n' });
    expect(await read('silver/a.sql')).toBe('/* ---\nkey: a\ntags: [x]\n--- */\nselect 1 as a\n');
    expect(await fmt('--check', '--json')).toMatchObject({ code: 0 });
    expect((await fmt('--upgrade')).stdout).toContain('newest file formats');
  });

  it('moves settings out of the SQL and back', async () => {
    await fmt();
    const before = [await read('silver/a.sql'), await read('silver/b.sql')];
    expect((await fmt('--split')).stdout).toContain('silver/b.yml');
    expect(await read('silver/b.sql')).toBe('select 1 as a\n');
    expect(await read('silver/b.yml')).toBe(`key: a\nexpect:\n  warn:\n${settings}`);
    await writeFile(join(folder, 'silver/b.yml'), 'key: a\n');
    expect((await fmt('--join')).stdout).toContain('silver/b.yml');
    expect(await read('silver/b.sql')).toBe('/* ---\nkey: a\n--- */\nselect 1 as a\n');
    await expect(read('silver/b.yml')).rejects.toThrow('ENOENT');
    expect(await read('silver/a.sql')).toBe(before[0]);
  });

  it('refuses a setting in both places, and writes nothing', async () => {
    await writeFile(join(folder, 'silver/b.yml'), 'key: a\n');
    expect(await fmt('--split')).toMatchObject({ code: 2 });
    expect(await read('silver/a.sql')).toBe(files['silver/a.sql']);
    expect(await read('silver/b.sql')).toBe(files['silver/b.sql']);
  });

  it.each([
    ['silver/a.yml', 'key: [a\n', 'LS1002', 'silver/a.yml'],
    ['lakesmith.yml', 'lakesmith: 2\nname: shop\n', 'LS1005', 'lakesmith.yml:1'],
    ['silver/c.sql', '/* ---\nkey: a\nselect 1', 'LS1002', 'silver/c.sql:1'],
  ])('refuses %s that cannot be read, and writes nothing', async (path, text, code, place) => {
    await writeFile(join(folder, path), text);
    const { code: exit, stderr } = await fmt('--upgrade');
    expect([exit, stderr.includes(code), stderr.includes(place)]).toEqual([2, true, true]);
    expect(await read('silver/a.sql')).toBe(files['silver/a.sql']);
  });

  it('refuses what it does not know', async () => {
    expect(await fmt('nothing.sql')).toMatchObject({ code: 2 });
    expect(await fmt('--split', '--join')).toMatchObject({ code: 2 });
  });
});
