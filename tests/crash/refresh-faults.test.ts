import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckDb } from '../../packages/lakesmith/src/engine/duckdb/engine.ts';
import type { Engine } from '../../packages/lakesmith/src/engine/engine.ts';
import type { FaultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import { faultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import { openStore } from '../../packages/lakesmith/src/storage/open.ts';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { isChange, someChanges } from '../support/fault-points.ts';
import { newestRelease, newestVersion, readTable } from '../support/read-lake.ts';
import { runOn } from '../support/run-on-store.ts';

/** So many changes of the store are each the last one that is made; REFRESH_KILLS=all: every one. */
const kills = process.env['REFRESH_KILLS'] ?? '8';

const byParts = (sql: string): string => `/* ---\nrefresh: strict\n--- */\n${sql}\n`;
const newest = 'qualify row_number() over (partition by id order by moment desc) = 1';
const files: Readonly<Record<string, string>> = {
  'lakesmith.yml': 'lakesmith: 1\nname: f\nlake: ./lake\ntimezone: UTC\nclock: 2026-03-10T12:00:00Z\n',
  'bronze/o.yml': 'files: landing/o/*.json\n',
  'bronze/c.yml': 'files: landing/c/*.json\n',
  'silver/o.sql': byParts(`select id, c, n, moment from bronze.o ${newest}`),
  'silver/c.sql': byParts(`select id, name, moment from bronze.c ${newest}`),
  'silver/taken.sql': '/* ---\nkind: stream\n--- */\nselect id, c, n, moment from bronze.o\n',
  'gold/wide.sql': byParts('select o.id, o.c, o.n, c.name from silver.o o left join silver.c c on c.id = o.c'),
  'gold/small.sql': byParts('select o.id, o.n, c.name from silver.o o join silver.c c on c.id = o.c').replace(
    'strict\n',
    'strict\nexpect:\n  quarantine:\n    small: n < 22\n',
  ),
  'gold/total.sql': byParts('select name, count(*) as rows, sum(n) as n from gold.wide group by name'),
};

/** What each table must hold, by SQL over the files alone. */
const expected: Readonly<Record<string, string>> = {
  'silver.o': `select id, c, n, moment from o ${newest}`,
  // Each row once: of the rows of every file none is missing and none is there twice.
  'silver.taken': 'select id, c, n, moment from o',
  'silver.c': `select id, name, moment from c ${newest}`,
  'gold.wide': `select o.id, o.c, o.n, c.name from (select * from o ${newest}) o left join (select * from c ${newest}) c on c.id = o.c`,
  'gold.small': `select o.id, o.n, c.name from (select * from o ${newest}) o join (select * from c ${newest}) c on c.id = o.c where n < 22`,
  'system.quarantine': `select '{"id":' || o.id || ',"n":' || o.n || ',"name":"' || c.name || '"}' from (select * from o ${newest}) o join (select * from c ${newest}) c on c.id = o.c where n >= 22`,
  'gold.total': `select name, count(*), sum(n)::bigint from (select o.n, c.name from (select * from o ${newest}) o left join (select * from c ${newest}) c on c.id = o.c) group by name`,
};

let folder = '';
let engine: Engine;
let connection: DuckDBConnection;
beforeAll(async () => {
  folder = await temporaryFolder();
  engine = await openDuckDb({});
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  const base = join(folder, 'base');
  for (const [path, text] of Object.entries(files)) await write(join(base, path), text);
  await bring(base, 1);
  await runOn(base, await openStore(join(base, 'lake')), engine);
  await bring(base, 2);
});
afterAll(async () => {
  connection.closeSync();
  await engine.close();
  await removeFolder(folder);
});

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** Newer states of some orders, some more, and a customer who has another name. */
async function bring(project: string, batch: number): Promise<void> {
  const orders = Array.from({ length: 6 }, (_, i) => ({
    id: batch * 3 + i,
    c: (batch + i) % 4,
    n: batch * 10 + i,
    moment: batch,
  }));
  const customers = Array.from({ length: 2 }, (_, i) => ({ id: batch + i, name: `c${batch}${i}`, moment: batch }));
  const text = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  await write(join(project, `landing/o/${batch}.json`), text(orders));
  await write(join(project, `landing/c/${batch}.json`), text(customers));
}

/** Tables that do not have the rows that they must. */
async function wrong(project: string): Promise<readonly string[]> {
  for (const name of ['o', 'c'])
    await connection.run(`create or replace temp table ${name} as from read_json('${project}/landing/${name}/*.json')`);
  const lake = join(project, 'lake');
  const release = await newestRelease(lake);
  const found: string[] = [];
  for (const [table, sql] of Object.entries(expected)) {
    const isSystem = table === 'system.quarantine';
    const { path, version } = isSystem
      ? { path: 'system/quarantine', version: (await newestVersion(join(lake, 'system/quarantine'))) ?? -1 }
      : (release?.tables[table] ?? { path: '', version: -1 });
    const rows = `(from (${sql}))`;
    const own = isSystem ? `select "row" from $table where status = 'open'` : 'from $table';
    const [[n] = []] = await readTable(
      connection,
      join(lake, path),
      version,
      `with t as (${own}) select (select count(*) from (from t except all ${rows})) + (select count(*) from (${rows} except all from t))`,
    );
    if (Number(n) !== 0) found.push(table);
  }
  return found;
}

async function ways(project: string): Promise<Readonly<Record<string, string>>> {
  const runs = join(project, 'lake/_lakesmith/runs');
  const last =
    (await readdir(runs))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .at(-1) ?? '';
  const { steps } = JSON.parse(await readFile(join(runs, last), 'utf8')) as {
    steps: readonly { table: string; strategy: string; reason: string }[];
  };
  expect(steps.filter(({ reason }) => reason.includes('all inputs were read'))).toEqual([]);
  return Object.fromEntries(steps.map(({ table, strategy }) => [table, strategy]));
}

async function copy(name: string): Promise<string> {
  const project = join(folder, name);
  await cp(join(folder, 'base'), project, { recursive: true, preserveTimestamps: true });
  return project;
}

async function stepsOfRun(): Promise<FaultStore['steps']> {
  const project = await copy('count');
  const faulty = faultStore(await openStore(join(project, 'lake')));
  await runOn(project, faulty.store, engine);
  expect(await wrong(project)).toEqual([]);
  expect(await ways(project)).toMatchObject({
    'silver.o': 'keyed',
    'gold.wide': 'keyed',
    'gold.small': 'bag',
    'gold.total': 'fold',
  });
  return faulty.steps;
}

describe('a run by parts that is killed', () => {
  it('leaves tables from which the next go on by parts', async () => {
    const steps = await stepsOfRun();
    expect(steps.filter(isChange).length).toBeGreaterThan(20);
    for (const { step, path } of someChanges(steps, kills)) {
      const project = await copy(String(step));
      const lake = join(project, 'lake');
      const faulty = faultStore(await openStore(lake));
      faulty.dieAt(step, 'before');
      const where = `step ${step}, ${path}`;
      await runOn(project, faulty.store, engine).catch((error: unknown) => expect(error, where).toBeInstanceOf(Error));
      await runOn(project, await openStore(lake), engine);
      expect(await wrong(project), where).toEqual([]);
      for (const batch of [3, 4]) {
        await bring(project, batch);
        await runOn(project, await openStore(lake), engine);
        expect(await wrong(project), `${where}, batch ${batch}`).toEqual([]);
        expect(await ways(project), where).toMatchObject({
          'silver.o': 'keyed',
          'gold.wide': 'keyed',
          'gold.total': 'fold',
        });
      }
      await removeFolder(project);
    }
  });
});
