import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';
import { editFile } from '../support/edit-file.ts';
import { writeBatch, writeSmallProject } from '../support/small-project.ts';

interface Shown {
  readonly release: number;
  readonly tables: readonly { readonly name: string; readonly version: number; readonly rows: number }[];
  readonly views: readonly { readonly name: string }[];
}

let folder = '';
const ask = (...args: string[]): ReturnType<typeof lakesmith> => lakesmith(args, { cwd: folder });
const json = async <T>(...args: string[]): Promise<T> =>
  JSON.parse(await succeed([...args, '--json'], { cwd: folder })) as T;
const shown = (): Promise<Shown> => json<Shown>('tables');
const versions = ({ tables }: Shown): Record<string, number> =>
  Object.fromEntries(tables.map(({ name, version }) => [name, version]));
const write = (file: string, text: string): Promise<void> => writeFile(join(folder, file), text);

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeSmallProject(folder);
  await writeBatch(folder, 0);
  await write('gold/seen.sql', '/* ---\nkind: view\n--- */\nselect id, kind from silver.events\n');
  await succeed(['run'], { cwd: folder });
});
afterAll(() => removeFolder(folder));

describe('a command about some tables of a project', () => {
  it('does them while another model is wrong, and leaves all else as it was released', async () => {
    const before = await shown();
    await write('silver/events.sql', 'select id from where bronze.events');
    expect(await json('plan', 'silver.flat')).toMatchObject({ dropped: [] });
    expect(await ask('run', 'silver.flat')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing to do'),
    });
    await editFile(join(folder, 'silver/flat.sql'), 'amount * 2', 'amount * 3');
    expect(await ask('plan', 'silver.flat')).toMatchObject({ code: 0, stdout: expect.stringContaining('silver.flat') });
    expect(await ask('run', 'silver.flat')).toMatchObject({ code: 0, stdout: expect.stringContaining('release 2') });
    const after = await shown();
    expect(versions(after)).toEqual({ ...versions(before), 'silver.flat': (versions(before)['silver.flat'] ?? 0) + 1 });
    expect(after.tables.map(({ name, rows }) => [name, rows])).toEqual(
      before.tables.map(({ name, rows }) => [name, rows]),
    );
    expect(after.views.map(({ name }) => name)).toEqual(['gold.seen']);
    // What is made from the wrong one, and everything together, is refused.
    const words = [['plan', 'gold.by_kind'], ['plan', 'silver.events+'], ['plan', 'tag:none'], ['run'], ['check']];
    for (const some of words)
      expect(await ask(...some)).toMatchObject({ code: 2, stderr: expect.stringContaining('silver/events.sql:1') });
  });

  it('answers from the release, whatever is wrong with the models that are not part of the question', async () => {
    expect(await ask('query', 'select kind, events from gold.seen s join gold.by_kind using (kind)')).toMatchObject({
      code: 2,
    });
    expect(await ask('query', 'select count(*) as n from silver.flat')).toMatchObject({ code: 0 });
    expect(await ask('lineage', 'silver.flat.doubled')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('bronze.events.amount'),
    });
    expect(await ask('tables')).toMatchObject({ code: 0 });
  });

  it('tells a name that no table has together with what is wrong with the models', async () => {
    for (const [words, near] of [
      [['plan', 'silver.flta'], 'silver.flat'],
      [['run', 'silver.flta'], 'silver.flat'],
      [['test', 'silver.flta'], 'silver.flat'],
      [['verify', '+silver.flta'], 'silver.flat'],
      [['why', 'silver.flta', 'id=0'], 'silver.flat'],
      [['lineage', 'silver.flta.doubled'], 'silver.flat'],
      [['quality', 'silver.flta'], 'silver.flat'],
      [['status', 'silver.flta'], 'silver.flat'],
      [['replay', 'silver.flta'], 'silver.flat'],
      // The wrong one is there, too.
      [['test', 'silver.evens'], 'silver.events'],
    ] as const) {
      const { code, stderr } = await ask(...words);
      expect({ code, stderr }, words.join(' ')).toEqual({
        code: 2,
        stderr: expect.stringContaining(`Did you mean ${near}?`),
      });
      expect(stderr).toMatch(/^2 errors, nothing was run\n\nerror {2}LS4003 [^]*LS1201 {2}silver\/events\.sql:1/);
    }
    // What is there, or may be, is no mistake.
    for (const words of [
      ['plan', '+silver.events', 'tag:none', 'failed', 'silver', 'silver/events.sql'],
      ['status', 'changed'],
    ])
      expect((await ask(...words)).stderr, words.join(' ')).not.toContain('LS4003');
    // What releases have is asked of them alone.
    const gone = await ask('diff', '1', '2', '--table', 'silver.flta');
    expect(gone).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean silver.flat?') });
    expect(gone.stderr).not.toContain('LS1201');
    expect(await ask('profile', 'silver.flta')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Release 2 has no table silver.flta'),
    });
  });

  it('looks at one table, and tests it, whatever is wrong with the others', async () => {
    await mkdir(join(folder, 'tests'), { recursive: true });
    const given = 'given:\n  bronze.events: |\n    id, amount\n    1,  2\n';
    await write('tests/flat.test.yml', `test: silver.flat\n${given}expect: |\n  id, doubled\n  1,  6\n`);
    await write('tests/wrong.test.yml', `test: silver.events\n${given}expect: |\n  gone\n`);
    await write('tests/people.test.yml', 'test: silver.people\n');
    for (const words of [
      ['why', 'silver.flat', 'id=0'],
      ['quality', 'silver.flat'],
      ['verify', 'silver.flat'],
      ['profile', 'silver.flat'],
      ['profile', 'silver.flat.doubled'],
      ['diff', '--table', 'silver.flat'],
    ])
      expect(await ask(...words), words.join(' ')).toMatchObject({ code: 0 });
    for (const name of ['silver.flat', 'silver/flat.sql', 'tests/flat.test.yml', join(folder, 'tests/flat.test.yml')])
      expect(await ask('test', name), name).toMatchObject({ code: 0, stdout: expect.stringContaining('1 passed') });
    // With all models, or where the wrong one has a part, it is told.
    for (const words of [
      ['test'],
      ['test', 'tests/wrong.test.yml'],
      ['test', 'tests/none.test.yml'],
      ['test', 'silver'],
      ['why', 'gold.by_kind', 'kind=a'],
      ['verify'],
    ])
      expect(await ask(...words), words.join(' ')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('silver/events.sql:1'),
      });
    await rm(join(folder, 'tests'), { recursive: true });
  });

  it('takes out of the release what no file defines any more', async () => {
    await rm(join(folder, 'silver/people.sql'));
    await rm(join(folder, 'silver/events.sql'));
    await rm(join(folder, 'gold/by_kind.sql'));
    await rm(join(folder, 'gold/seen.sql'));
    await succeed(['run', 'silver.flat'], { cwd: folder });
    expect((await shown()).tables.map(({ name }) => name).sort()).toEqual([
      'bronze.events',
      'bronze.people',
      'reference.kinds',
      'silver.flat',
    ]);
  });
});
