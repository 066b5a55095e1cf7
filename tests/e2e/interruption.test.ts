import { spawn } from 'node:child_process';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { lakesmith, program, removeFolder, succeed } from '../support/command.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const files = {
  'bronze/o.yml': 'files: landing/*.csv\n',
  'silver/quick.sql': 'select id, g from bronze.o\n',
  'landing/1.csv': `id,g\n${Array.from({ length: 60_000 }, (_, i) => `${i},${i % 3}\n`).join('')}`,
};
// Three groups of 20,000 rows, each against each: more than anybody waits for.
const endless =
  'select a.id, count(*) filter (where b.id % 7 = c.id % 5) as n from bronze.o a join bronze.o b using (g) join bronze.o c using (g) group by all\n';

/** Starts a run and waits until bronze is loaded, and the endless model therefore at work. */
async function startEndless(): Promise<{
  stop(signal: NodeJS.Signals): Promise<{ code: number | null; text: string }>;
}> {
  const child = spawn(process.execPath, [program, 'run', '--project', project.folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      text += chunk.toString();
      if (/bronze\.o +60000 rows/.test(text)) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void closed.then(() => {
      reject(new Error(`the run ended by itself:\n${text}`));
    });
  });
  return {
    async stop(signal) {
      child.kill(signal);
      return { code: await closed, text };
    },
  };
}

const runs = 'select run, state, steps, error_code from system.runs order by run';
const ingested = 'select run, path, rows from system.ingested order by run, path';
const loaded = [{ run: 1, path: 'landing/1.csv', rows: 60_000 }];

describe('a run that is stopped', () => {
  it('by Ctrl-C says so, keeps another one out until then, and leaves what it did on record', async () => {
    project = await createProject({ ...files, 'silver/slow.sql': endless });
    const running = await startEndless();
    const second = await project.run();
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('LS3302')]);
    const { code, text } = await running.stop('SIGINT');
    expect([code, text]).toEqual([1, expect.stringContaining('LS2103')]);
    await project.write('silver/slow.sql', 'select count(*) as n from bronze.o\n');
    await project.runs();
    expect(await project.query(runs)).toEqual([
      { run: 1, state: 'cancelled', steps: expect.any(Number) as number, error_code: 'LS2103' },
      { run: 2, state: 'done', steps: 2, error_code: null },
    ]);
    expect(await project.query(ingested)).toEqual(loaded);
    expect(await project.query('select n from silver.slow')).toEqual([{ n: 60_000 }]);
  });

  it('by force is finished by the next, and what it loaded is counted once', async () => {
    project = await createProject({ ...files, 'silver/slow.sql': endless });
    await (await startEndless()).stop('SIGKILL');
    await succeed(['plan', '--project', project.folder]);
    expect(await lakesmith(['query', '--run', '1', 'from silver.quick', '--project', project.folder])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/LS3010 +Run 1 has nothing to show: it has not ended yet, or it died/),
    });
    await project.write('silver/slow.sql', 'select count(*) as n from bronze.o\n');
    await project.runs();
    expect(await project.query(runs)).toEqual([
      { run: 1, state: 'interrupted', steps: 0, error_code: null },
      { run: 2, state: 'done', steps: 2, error_code: null },
    ]);
    expect(await project.query(ingested)).toEqual(loaded);
    expect(await project.query('select n from silver.slow')).toEqual([{ n: 60_000 }]);
    expect(await project.runs()).toContain('nothing to do');
  });
});

describe('a put that is killed', () => {
  it('leaves a draft, which the next run or doctor sweeps when it is an hour old', async () => {
    project = await createProject({ 'bronze/o.yml': 'files: landing/*.json\n', 'landing/1.json': '{"id":1}\n' });
    await project.runs();
    const hourAgo = Date.now() / 1000 - 3_700;
    const draft = async (path: string, isOld: boolean): Promise<void> => {
      await project.write(`lake/${path}`, 'half of');
      if (isOld) await utimes(join(project.folder, 'lake', path), hourAgo, hourAgo);
    };
    await draft('_lakesmith/releases/.tmp-0a', true);
    await draft('_lakesmith/releases/.tmp-0b', false);
    await draft('bronze/o/_delta_log/.tmp-0c', true);
    const drafts = async (folder: string): Promise<string[]> =>
      (await readdir(join(project.folder, 'lake', folder))).filter((name) => name.startsWith('.tmp-'));
    // A run with nothing to do writes nothing.
    await project.runs();
    expect(await drafts('_lakesmith/releases')).toHaveLength(2);
    await project.write('landing/2.json', '{"id":2}\n');
    await project.runs();
    expect(await drafts('_lakesmith/releases')).toEqual(['.tmp-0b']);
    expect(await drafts('bronze/o/_delta_log')).toEqual(['.tmp-0c']);
    expect(await succeed(['doctor', '--project', project.folder])).toMatch(
      /2 drafts of writes that never finished: 1 deleted, 1 too young/,
    );
    expect(await drafts('bronze/o/_delta_log')).toEqual([]);
  });
});

describe('a commit of another writer', () => {
  it('is seen, told, and made good; in bronze it counts', async () => {
    project = await createProject({
      'bronze/o.yml': 'files: landing/*.json\n',
      'silver/flat.sql': 'select id from bronze.o\n',
      'gold/total.sql': 'select count(*) as n from silver.flat\n',
      'landing/1.json': '{"id":1}\n{"id":2}\n',
    });
    await project.runs();
    await project.write('landing/2.json', '{"id":3}\n');
    await project.runs();
    await removeFirstFile('silver/flat', 2);
    expect(await succeed(['plan', '--project', project.folder])).toMatch(
      /silver\.flat +full +changed by another writer/,
    );
    expect(await project.query('from gold.total')).toEqual([{ n: 3 }]);
    await project.runs();
    expect(await project.query('select (select count(*) from silver.flat) as rows, n from gold.total')).toEqual([
      { rows: 3, n: 3 },
    ]);
    await removeFirstFile('bronze/o', 2);
    await project.write('landing/3.json', '{"id":4}\n');
    await project.runs();
    const left = await project.query('select id from bronze.o order by id');
    expect(left.length === 2 || left.length === 3).toBe(true);
    expect(await project.query('select id from silver.flat order by id')).toEqual(left);
    expect(await project.query('from gold.total')).toEqual([{ n: left.length }]);
  });
});

/** A commit as another program writes it: one data file is gone. */
async function removeFirstFile(table: string, version: number): Promise<void> {
  const folder = join(project.folder, 'lake', table);
  const [path] = (await readdir(folder)).filter((name) => name.endsWith('.parquet')).sort();
  const actions = [
    { commitInfo: { timestamp: 1, operation: 'DELETE', engineInfo: 'Apache-Spark/3.5.1' } },
    { remove: { path, deletionTimestamp: 1, dataChange: true } },
  ];
  await writeFile(
    join(folder, '_delta_log', `${String(version).padStart(20, '0')}.json`),
    actions.map((action) => `${JSON.stringify(action)}\n`).join(''),
  );
}
