import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckDb } from '../../packages/lakesmith/src/engine/duckdb/engine.ts';
import type { Engine } from '../../packages/lakesmith/src/engine/engine.ts';
import type { FaultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import { faultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import type { ObjectStore } from '../../packages/lakesmith/src/storage/object-store.ts';
import { openStore } from '../../packages/lakesmith/src/storage/open.ts';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { isChange } from '../support/fault-points.ts';
import { newestRelease, quarantinedIds, readTable } from '../support/read-lake.ts';
import { runOn } from '../support/run-on-store.ts';
import {
  expectedByKind,
  expectedInQuarantine,
  rowsOfBatch,
  writeBatch,
  writeSmallProject,
} from '../support/small-project.ts';

/** Every step fails once; a larger stride leaves steps out. */
const stride = Number(process.env['FAULT_STRIDE'] ?? 1);

let folder = '';
let engine: Engine;
let connection: DuckDBConnection;
beforeAll(async () => {
  folder = await temporaryFolder();
  engine = await openDuckDb({});
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  // A lake with one release, and a second batch that waits.
  await writeSmallProject(join(folder, 'base'));
  await writeBatch(join(folder, 'base'), 0);
  await run(join(folder, 'base'), await openStore(join(folder, 'base', 'lake')));
  await writeBatch(join(folder, 'base'), 1);
});
afterAll(async () => {
  connection.closeSync();
  await engine.close();
  await removeFolder(folder);
});

const run = (project: string, store: ObjectStore): Promise<void> => runOn(project, store, engine);

async function shown(project: string): Promise<{ batches: number; byKind: unknown; rows: unknown }> {
  const lake = join(project, 'lake');
  const release = await newestRelease(lake);
  const at = async (table: string, select: string): Promise<unknown[][]> => {
    const { path, version } = release?.tables[table] ?? { path: '', version: -1 };
    return await readTable(connection, join(lake, path), version, select);
  };
  const [[batches, rows] = []] = await at('bronze.events', 'select max(batch)::int + 1, count(*)::int from $table');
  return {
    batches: Number(batches),
    rows,
    byKind: await at('gold.by_kind', 'select kind, events::int, amount::int from $table order by kind'),
  };
}

const expected = (batches: number): unknown => ({
  batches,
  rows: batches * rowsOfBatch,
  byKind: expectedByKind(batches),
});

/** The calls that a run makes, in order. */
async function stepsOfRun(): Promise<FaultStore['steps']> {
  const project = join(folder, 'count');
  await cp(join(folder, 'base'), project, { recursive: true, preserveTimestamps: true });
  const faulty = faultStore(await openStore(join(project, 'lake')));
  await run(project, faulty.store);
  expect(await shown(project)).toEqual(expected(2));
  await removeFolder(project);
  return faulty.steps;
}

describe('a store that fails', () => {
  it.each(['before', 'after', 'for good'] as const)('at any step (%s): the next run completes', async (moment) => {
    const steps = await stepsOfRun();
    expect(steps.length).toBeGreaterThan(40);
    // A look whose answer is lost leaves the store as one that was never made; and who dies before a look leaves what
    // he leaves when he dies before the next change.
    const telling = moment === 'before' ? steps : steps.filter(isChange);
    expect(telling.length).toBeGreaterThan(10);
    for (const { step } of telling.filter((_, i) => i % stride === 0)) {
      const project = join(folder, `${moment}-${step}`);
      await cp(join(folder, 'base'), project, { recursive: true, preserveTimestamps: true });
      const faulty = faultStore(await openStore(join(project, 'lake')));
      if (moment === 'for good') faulty.dieAt(step, 'before');
      else faulty.failAt(step, moment);
      await run(project, faulty.store).catch((error: unknown) => expect(error, `step ${step}`).toBeInstanceOf(Error));
      const between = await shown(project);
      expect([expected(1), expected(2)], `step ${step}`).toContainEqual(between);
      await run(project, await openStore(join(project, 'lake')));
      expect(await shown(project), `step ${step}`).toEqual(expected(2));
      const kept = await quarantinedIds(connection, join(project, 'lake'));
      expect(kept, `step ${step}`).toEqual(expectedInQuarantine(2));
      await removeFolder(project);
    }
  });
});
