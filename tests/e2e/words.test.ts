import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';
import { editFile } from '../support/edit-file.ts';
import { writeBatch, writeSmallProject } from '../support/small-project.ts';

let folder = '';
const ask = (...args: string[]): ReturnType<typeof lakesmith> => lakesmith(args, { cwd: folder });

/** What a plan would do, by table, and why. */
async function planned(...words: string[]): Promise<Readonly<Record<string, string>>> {
  const plan: { tables: { table: string; action: string; reason: string }[] } = JSON.parse(
    await succeed(['plan', ...words, '--json'], { cwd: folder }),
  );
  return Object.fromEntries(
    plan.tables.flatMap(({ table, action, reason }) => (action === 'skip' ? [] : [[table, reason]])),
  );
}

const edit = (file: string, from: string, to: string): Promise<void> => editFile(join(folder, file), from, to);

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeSmallProject(folder);
  await writeBatch(folder, 0);
  await edit('lakesmith.yml', 'release: all', 'release: all\nparameters:\n  factor: 2\n  wanted: a');
  await mkdir(join(folder, 'macros'));
  await writeFile(
    join(folder, 'macros/m.sql'),
    'create macro twice(x) as x * $factor;\ncreate macro of_kind(k) as table select id, amount from silver.events where kind = k;\n',
  );
  await writeFile(join(folder, 'silver/flat.sql'), 'select id, batch, twice(amount) as doubled from bronze.events');
  await writeFile(
    join(folder, 'gold/wanted.sql'),
    `/* ---
key: id
expect:
  drop:
    small: twice(amount) < 10
check:
  fail:
    all_positive: select * from gold.wanted where twice(amount) <= 0
--- */
select * from of_kind($wanted)`,
  );
});
afterAll(() => removeFolder(folder));

describe('parameters and macros', () => {
  it('are computed with, judged with and asked with', async () => {
    await succeed(['run'], { cwd: folder });
    const rows = JSON.parse(
      await succeed(
        ['query', 'select count(*) as n, max(twice(amount)) as most, $wanted as w from gold.wanted', '--json'],
        { cwd: folder },
      ),
    );
    // Batch 0 has the amounts 1, 3, 5, 2 of kind a, of which twice 5 is too much.
    expect(rows).toEqual([{ n: 3, most: 6, w: 'a' }]);
    const doubled = await succeed(
      [
        'query',
        'select count(*) filter (where doubled = 2 * amount) as n from silver.flat join silver.events using (id)',
        '--json',
      ],
      { cwd: folder },
    );
    expect(JSON.parse(doubled)).toEqual([{ n: 7 }]);
    expect(await ask('run')).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to do') });
  });

  it('change what uses them, and the plan says which one it was', async () => {
    expect(await planned('--param', 'wanted=b')).toEqual({ 'gold.wanted': 'parameter wanted changed' });
    expect(await planned('--param', 'factor=3')).toEqual({
      'silver.flat': 'parameter factor changed',
      'gold.wanted': 'rules changed',
    });
    await succeed(['run', '--param', 'wanted=b'], { cwd: folder });
    expect(await planned('--param', 'wanted=b')).toEqual({});
    const verified = await ask('verify', 'gold.wanted', '--param', 'wanted=b');
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('equal to its model') });
    expect((await ask('verify', 'gold.wanted')).stdout).toContain('the model has changed since it was made');
    // A run without it is another run, also for the note that there is nothing to do.
    expect(await planned()).toEqual({ 'gold.wanted': 'parameter wanted changed' });
    await succeed(['run'], { cwd: folder });
    await edit('macros/m.sql', 'x * $factor', '$factor * x');
    expect(await planned()).toEqual({ 'silver.flat': 'macro twice changed', 'gold.wanted': 'rules changed' });
  });

  it('are refused where they are wrong', async () => {
    expect(await ask('plan', '--param', 'facto=3')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean factor?'),
    });
    expect(await ask('plan', '--param', 'factor=high')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('LS1012'),
    });
    expect(await ask('query', 'select $facto')).toMatchObject({ code: 2, stderr: expect.stringContaining('LS1010') });
  });
});
