import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckDb } from '../../packages/lakesmith/src/engine/duckdb/engine.ts';
import type { Engine } from '../../packages/lakesmith/src/engine/engine.ts';
import { listCertificates } from '../../packages/lakesmith/src/lake/erasure.ts';
import { forgetRows } from '../../packages/lakesmith/src/run/forget.ts';
import type { FaultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import { faultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import type { ObjectStore } from '../../packages/lakesmith/src/storage/object-store.ts';
import { openStore } from '../../packages/lakesmith/src/storage/open.ts';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { isChange, someChanges } from '../support/fault-points.ts';
import { anna, tracesOf } from '../support/forget-world.ts';
import { newestRelease, readTable } from '../support/read-lake.ts';
import { requestOn, runOn } from '../support/run-on-store.ts';

/** So many changes of the store are each the last one that is made; FORGET_KILLS=all: every one. */
const kills = process.env['FORGET_KILLS'] ?? '12';

let folder = '';
let engine: Engine;
let connection: DuckDBConnection;
beforeAll(async () => {
  folder = await temporaryFolder();
  engine = await openDuckDb({});
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  const files: Record<string, string> = {
    'lakesmith.yml': 'lakesmith: 1\nname: f\nlake: ./lake\ntimezone: UTC\nclock: 2026-03-10T12:00:00Z\n',
    'bronze/o.yml': 'files: landing/*.json\n',
    'landing/1.json': `{"id":1,"mail":"${anna}","n":1}\n{"id":2,"mail":"bo@lake.example","n":2}\n`,
    'silver/o.sql':
      '/* ---\nkey: id\nexpect:\n  quarantine:\n    positive: n > 0\n--- */\nselect id, mail, n from bronze.o\n',
    'gold/total.sql': 'select count(*) as rows, sum(n) as n from silver.o\n',
  };
  const base = join(folder, 'base');
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(base, path)), { recursive: true });
    await writeFile(join(base, path), text);
  };
  for (const [path, text] of Object.entries(files)) await write(path, text);
  await runOn(base, await openStore(join(base, 'lake')), engine);
  await write('landing/2.json', `{"id":3,"mail":"${anna}","n":-3}\n{"id":4,"mail":"cy@lake.example","n":4}\n`);
  await runOn(base, await openStore(join(base, 'lake')), engine);
});
afterAll(async () => {
  connection.closeSync();
  await engine.close();
  await removeFolder(folder);
});

async function forget(project: string, store: ObjectStore): Promise<void> {
  const request = await requestOn(project, store, engine);
  const { certificate } = await forgetRows(
    { ...request, rows: [{ table: 'bronze.o', values: { mail: anna } }] },
    () => 'done',
  );
  if (certificate !== undefined) expect(certificate.verified.left).toEqual([]);
}

/** The rows and the sum of the newest release. */
async function total(project: string): Promise<unknown> {
  const lake = join(project, 'lake');
  const { path, version } = (await newestRelease(lake))?.tables['gold.total'] ?? { path: '', version: -1 };
  return await readTable(connection, join(lake, path), version, 'select rows::int, n::int from $table');
}

async function copy(name: string): Promise<string> {
  const project = join(folder, name);
  await cp(join(folder, 'base'), project, { recursive: true, preserveTimestamps: true });
  return project;
}

async function stepsOfForget(): Promise<FaultStore['steps']> {
  const project = await copy('count');
  const faulty = faultStore(await openStore(join(project, 'lake')));
  await forget(project, faulty.store);
  return faulty.steps;
}

describe('forgetting that is killed', () => {
  it('leaves a lake that can be read and run, and is finished by a second call', async () => {
    const steps = await stepsOfForget();
    expect(steps.filter(isChange).length).toBeGreaterThan(40);
    for (const { step, path } of someChanges(steps, kills)) {
      const project = await copy(String(step));
      const lake = join(project, 'lake');
      const faulty = faultStore(await openStore(lake));
      faulty.dieAt(step, 'before');
      const where = `step ${step}, ${path}`;
      await forget(project, faulty.store).catch((error: unknown) => expect(error, where).toBeInstanceOf(Error));
      const [before, after] = [[[3, 7]], [[2, 6]]];
      expect([before, after], where).toContainEqual(await total(project));
      await runOn(project, await openStore(lake), engine);
      expect([before, after], where).toContainEqual(await total(project));
      await forget(project, await openStore(lake));
      expect(await total(project), where).toEqual(after);
      expect(await tracesOf(connection, lake), where).toEqual([]);
      const certificates = await listCertificates(await openStore(lake));
      const rows = certificates.map(({ found }) => found.find(({ table }) => table === 'bronze.o')?.rows);
      expect(rows, where).toEqual([2]);
      expect(certificates[0]?.releases.slice(0, 2), where).toEqual([1, 2]);
      await runOn(project, await openStore(lake), engine);
      expect(await total(project), where).toEqual(after);
      await removeFolder(project);
    }
  });
});
