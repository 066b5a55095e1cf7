import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';
import { editFile } from '../support/edit-file.ts';
import { writeBatch, writeSmallProject } from '../support/small-project.ts';

let folder = '';
const check = (...args: string[]): ReturnType<typeof lakesmith> => lakesmith(['check', ...args], { cwd: folder });
const forget = (): Promise<void> => rm(join(folder, '.lakesmith'), { recursive: true, force: true });

/** Checks of an unchanged project: the first says what to watch, the second what it looked like. */
async function settle(): Promise<void> {
  for (const _ of [1, 2]) await succeed(['check'], { cwd: folder });
}

/** The tables that a check looked for in the lake. */
async function lookedAt(): Promise<readonly string[]> {
  const { code, stderr } = await lakesmith(['check'], { cwd: folder, env: { LAKESMITH_TRACE: '1' } });
  expect(code).toBe(0);
  const names = [...stderr.matchAll(/(?:bronze|reference|silver|gold)\/\w+/g)].map(([path]) => path.replace('/', '.'));
  return [...new Set(names)].sort();
}

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeSmallProject(folder);
  await writeBatch(folder, 0);
  await mkdir(join(folder, 'tests'));
  await writeFile(
    join(folder, 'tests/flat.test.yml'),
    'test: silver.flat\ngiven:\n  bronze.events: |\n    id, batch, amount\n    1, 1, 2\nexpect: |\n  id, batch, doubled\n  1, 1, 4\n',
  );
  await writeFile(join(folder, 'silver/half.sql'), 'select id, doubled // 2 as half from silver.flat\n');
  await writeFile(join(folder, 'gold/shown.sql'), '/* ---\nkind: view\n--- */\nselect id, half from silver.half\n');
  await writeFile(
    join(folder, 'gold/counts.sql'),
    '/* ---\nexpect:\n  warn:\n    few: n < (select count(doubled) from silver.flat)\n--- */\nselect count(*) as n from gold.shown\n',
  );
  await mkdir(join(folder, 'dashboards'));
  await writeFile(
    join(folder, 'dashboards/d.yml'),
    'tiles:\n  - number: select sum(tenth) from gold.tenths cross join silver.people\n',
  );
  await writeFile(join(folder, 'gold/tenths.sql'), 'select id, amount / 10 as tenth from silver.events\n');
  await succeed(['run'], { cwd: folder });
});
afterAll(() => removeFolder(folder));

describe('check after a change', () => {
  it('looks at what changed, at what is made from it, and at what both are made from', async () => {
    await settle();
    await editFile(join(folder, 'gold/by_kind.sql'), 'left join', '-- joined\nleft join');
    expect(await lookedAt()).toEqual([
      'bronze.events',
      'bronze.people',
      'gold.by_kind',
      'reference.kinds',
      'silver.events',
    ]);
    await editFile(join(folder, 'silver/half.sql'), 'doubled // 2', 'doubled // 4');
    const below = await lookedAt();
    expect(below).toEqual(['bronze.events', 'bronze.people', 'gold.counts', 'silver.flat', 'silver.half']);
    // What nothing else was known of is known now.
    expect(await lookedAt()).toEqual([]);
    await editFile(join(folder, 'silver/half.sql'), 'doubled // 4', 'doubled // 2');
    expect(await lookedAt()).toEqual(below);
    // What decides more than one model is a reason to look at everything.
    await editFile(join(folder, 'bronze/events.yml'), 'id: BIGINT', 'id: BIGINT # always');
    expect(await lookedAt()).toContain('silver.people');
  });

  const flat = 'silver/flat.sql';
  it.each<[string, string, string, string, number]>([
    ['a column that nobody reads', flat, 'amount * 2 as doubled', 'amount * 2 as doubled, kind', 0],
    ['a column that another model reads', 'silver/half.sql', 'select id', 'select id as key', 2],
    ['a column that a rule elsewhere reads', flat, 'as doubled', 'as twice', 2],
    ['a type that a model below cannot use', flat, 'amount * 2', "'x' || amount", 2],
    ['an input that there is not', flat, 'bronze.events', 'bronze.event', 2],
    [
      'an input that it did not read before',
      flat,
      'from bronze.events',
      'from bronze.events join silver.people using (id)',
      0,
    ],
    ['an input that is made from it', flat, 'from bronze.events', 'from bronze.events join silver.half using (id)', 2],
    [
      'a kind that others are put together with',
      'silver/half.sql',
      'select id',
      '/* ---\nkind: view\n--- */\nselect id',
      0,
    ],
    ['a view', 'gold/shown.sql', 'select id, half', 'select id, id as half', 0],
    ['a column that a dashboard reads', 'gold/tenths.sql', 'as tenth', 'as part', 2],
    ['a rule that is none', 'silver/events.sql', 'positive: amount > 0', 'positive: amount', 2],
  ])('says of %s what a check of everything says', async (_, file, from, to, code) => {
    const path = join(folder, file);
    await settle();
    await editFile(path, from, to);
    const again = await check('--json');
    await forget();
    const whole = await check('--json');
    await editFile(path, to, from);
    expect(again).toEqual(whole);
    expect(again.code).toBe(code);
  });

  it('finds what is wrong also after it was right for a while, and in a file that came back', async () => {
    await settle();
    await editFile(join(folder, flat), 'as doubled', 'as twice');
    expect(await check()).toMatchObject({ code: 2, stderr: expect.stringContaining('silver/half.sql:1') });
    await editFile(join(folder, 'silver/half.sql'), 'doubled', 'twice');
    await editFile(join(folder, 'gold/counts.sql'), 'doubled', 'twice');
    expect(await check()).toMatchObject({ code: 2, stderr: expect.stringContaining('tests/flat.test.yml') });
    await editFile(join(folder, flat), 'as twice', 'as doubled');
    expect(await check()).toMatchObject({ code: 2, stderr: expect.stringContaining('silver/half.sql:1') });
    await editFile(join(folder, 'silver/half.sql'), 'twice', 'doubled');
    await editFile(join(folder, 'gold/counts.sql'), 'twice', 'doubled');
    expect(await check()).toMatchObject({ code: 0 });
  });
});
