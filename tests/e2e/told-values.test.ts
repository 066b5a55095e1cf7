import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';

// Values that no text or number of JSON is, and rules whose text is another by now.
let folder = '';
const ask = (...args: string[]): Promise<string> => succeed(args, { cwd: folder });
const write = (file: string, text: string): Promise<void> => writeFile(join(folder, file), text);
const model = (rule: string): Promise<void> =>
  write(
    'silver/t.sql',
    `/* ---\nkey: id\nexpect:\n  quarantine:\n    small: ${rule}\n--- */
select id, v, encode(id::varchar || chr(233)) as b, [encode(chr(233))] as bs from bronze.t\n`,
  );

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const name of ['bronze', 'silver', 'landing']) await mkdir(join(folder, name));
  await write('lakesmith.yml', 'lakesmith: 1\nname: told\nlake: ./lake\n');
  await write('bronze/t.yml', 'files: landing/*.csv\ntypes: {id: BIGINT, v: DOUBLE}\n');
  await write('landing/a.csv', 'id,v\n1,1.5\n2,nan\n3,2.5\n4,-7\n');
  await model('v > 0');
  await ask('run');
});
afterAll(() => removeFolder(folder));

it('why shows bytes as a query does', async () => {
  expect(await ask('why', 'silver.t', 'id=1')).toContain('b=\\x31c3a9  bs=["w6k="]');
  expect(await ask('query', 'select b, bs from silver.t where id = 1')).toContain('\\x31c3a9  ["w6k="]');
});

it('profile has NaN where the engine has it, and says how many there are', async () => {
  const text = await ask('profile', 'silver.t.v');
  expect(text).toMatch(/ v +double +0 % +3 +1\.5 +2\.5 +nan/);
  expect(text).toContain(' v is NaN in 1 row, and NaN is greater than all numbers\n');
  expect(text).toContain('mean 2.0');
  expect(await ask('profile', 'silver.t')).toContain('v is NaN in 1 row');
  expect(JSON.parse(await ask('profile', 'silver.t.v', '--json'))).toMatchObject({ columns: [{ nan: 1, max: 'nan' }] });
});

it('a rule that became another after it put a row aside is shown as the one of now', async () => {
  const shown = (): Promise<string> => ask('quarantine', 'show', 'silver.t', 'id=4');
  expect(await shown()).toMatch(/small: v > 0\n/);
  await model('v > -1');
  expect(await shown()).toContain('small: v > -1   (as the rule is written now)');
  await ask('run');
  expect(await shown()).toMatch(/small: v > -1\n/);
});

it('a test of a row that is in quarantine is refused with the rules that put it there', async () => {
  const { code, stderr } = await lakesmith(['test', '--record', 'silver.t', 'id=4'], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toContain('LS3006  silver.t has no row with id=4 in release 2; it is in quarantine (small)');
});
