import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';
import { editFile } from '../support/edit-file.ts';
import { writeBatch, writeSmallProject } from '../support/small-project.ts';

let folder = '';
const ask = (...args: string[]): ReturnType<typeof lakesmith> => lakesmith(args, { cwd: folder });
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], {
    cwd: folder,
    encoding: 'utf8',
  });

/** The tables of a plan; those that it would do something about come with what. */
async function planned(...words: string[]): Promise<readonly string[]> {
  const plan: { tables: { table: string }[] } = JSON.parse(
    await succeed(['plan', ...words, '--json'], { cwd: folder }),
  );
  return plan.tables.map(({ table }) => table).sort();
}

const edit = (file: string, from: string, to: string): Promise<void> => editFile(join(folder, file), from, to);

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeSmallProject(folder);
  await writeBatch(folder, 0);
  git('init', '-q', '-b', 'main');
  await writeFile(join(folder, '.gitignore'), 'lake/\n.lakesmith/\nlanding/\n');
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  await succeed(['run'], { cwd: folder });
});
afterAll(() => removeFolder(folder));

describe('tables are selected', () => {
  it('by what changed since the newest release, another one, or a branch', async () => {
    expect(await planned('changed')).toEqual([]);
    expect(await ask('run', 'changed')).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to do') });
    await edit('silver/flat.sql', 'amount * 2', 'amount * 3');
    // A plan has what a table is made from, too.
    const flat = ['bronze.events', 'silver.flat'];
    expect(await planned('changed')).toEqual(flat);
    expect(await planned('changed:main')).toEqual(flat);
    await succeed(['run'], { cwd: folder });
    expect(await planned('changed')).toEqual([]);
    expect(await planned('changed:1')).toEqual(flat);
    expect(await planned('changed:main')).toEqual(flat);
    git('commit', '-q', '-a', '-m', 'second');
    expect(await planned('changed:main')).toEqual([]);
    expect(await planned('changed:main~1')).toEqual(flat);
    // White space and comments are no change.
    await edit('silver/flat.sql', 'select id', '-- three times\nselect  id');
    expect(await planned('changed', 'changed:main')).toEqual([]);
  });

  it('by what the last run could not make', async () => {
    expect(await planned('failed')).toEqual([]);
    await edit('silver/events.sql', 'quarantine:', 'fail:');
    expect((await ask('run')).code).toBe(1);
    expect(await planned('failed')).toEqual(['bronze.events', 'gold.by_kind', 'reference.kinds', 'silver.events']);
    await edit('silver/events.sql', 'fail:', 'warn:');
    await succeed(['run', 'failed'], { cwd: folder });
    expect(await planned('failed')).toEqual([]);
  });

  it('not by what git does not know', async () => {
    expect(await ask('plan', 'changed:nowhere')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('git knows nothing of nowhere'),
    });
    expect(await ask('plan', 'changed:99')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /There is no release 99, and git has nothing of that name\n +there are \d releases, 1 to \d\n/,
      ),
    });
    // An option is no reference.
    expect(await ask('plan', 'changed:--output=x')).toMatchObject({ code: 2 });
  });
});
