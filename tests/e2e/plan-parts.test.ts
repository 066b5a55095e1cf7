import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';
import { editFile } from '../support/edit-file.ts';
import { writeBatch, writeSmallProject } from '../support/small-project.ts';

let folder = '';
const ask = (...args: string[]): ReturnType<typeof lakesmith> => lakesmith(args, { cwd: folder });

const edit = (file: string, from: string, to: string): Promise<void> => editFile(join(folder, file), from, to);

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeSmallProject(folder);
  await writeFile(
    join(folder, 'silver/doubled.sql'),
    '/* ---\nkind: ephemeral\n--- */\nselect id, batch, amount * 2 as doubled from bronze.events\n',
  );
  await writeFile(join(folder, 'silver/flat.sql'), 'select * from silver.doubled');
  await writeFile(join(folder, 'gold/calendar.yml'), 'kind: date\nfrom: -1y\nto: 2026-03-12\n');
  await writeBatch(folder, 0);
  await succeed(['run'], { cwd: folder });
});
afterAll(() => removeFolder(folder));

it('a model that is no table is in no release, and a calendar is', async () => {
  const { tables } = JSON.parse(await succeed(['tables', '--json'], { cwd: folder }));
  const names = tables.map(({ name }: { name: string }) => name);
  expect(names).toContain('gold.calendar');
  expect(names).not.toContain('silver.doubled');
  const sql = 'select (select max(date)::varchar from gold.calendar) as last, max(doubled) as most from silver.flat';
  expect(JSON.parse(await succeed(['query', sql, '--json'], { cwd: folder }))).toEqual([
    { last: '2026-03-12', most: 10 },
  ]);
});

it('a plan tells which columns change, and holds back what is to wait', async () => {
  await edit('silver/doubled.sql', 'batch, amount * 2 as doubled', 'amount * 2.5 as twice, batch as batch_no');
  await edit('silver/flat.sql', 'select', '/* ---\nrenamed_from:\n  batch_no: batch\non_rebuild: hold\n--- */\nselect');
  const plan = await ask('plan');
  expect(plan.code).toBe(3);
  expect(plan.stdout).toMatch(
    /silver\.flat +held +1 new column, one column goes, one column has another name, the others stay +model silver\.doubled changed\n +\+ twice +decimal\(\d+,1\)\n +~ batch_no +was batch\n +- doubled\n/,
  );
  // The old table is served until then.
  expect(await ask('run')).toMatchObject({ code: 3 });
  await succeed(['query', 'select doubled from silver.flat'], { cwd: folder });
  expect(await ask('run', '--apply')).toMatchObject({ code: 0 });
  await succeed(['query', 'select twice, batch_no from silver.flat'], { cwd: folder });
  expect(await ask('plan', '--explain', 'silver.flat')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing to do'),
  });
});

it('a run between two tables leaves the others alone', async () => {
  await writeBatch(folder, 1);
  const run = JSON.parse(
    await succeed(['run', '--from', 'silver.events', '--to', 'gold.by_kind', '--full', '--json'], { cwd: folder }),
  );
  const done = run.steps.map(({ table }: { table: string }) => table);
  expect(done).toEqual(['silver.events', 'gold.by_kind']);
  expect(await ask('plan')).toMatchObject({ stdout: expect.stringMatching(/bronze\.events +load +1 file/) });
});
