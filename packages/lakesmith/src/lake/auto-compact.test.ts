import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Snapshot } from '@lakesmith/delta';
import { commitStaged, readSnapshot, stageAppend } from '@lakesmith/delta';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { openStore } from '../storage/open.ts';
import { askRows } from './ask-rows.ts';
import { compactAfterAppend } from './auto-compact.ts';
import { bindTable } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { openDeltaTable } from './delta-table.ts';
import { writeRows } from './table-rows.ts';
import { createTable, detailsOf } from './write-table.ts';

let engine: Engine;
let folder = '';
let count = 0;
beforeAll(async () => {
  engine = await openDuckDb({ threads: 2 });
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-compact-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const AUTO = { 'delta.autoOptimize.autoCompact': 'auto' };

/** A table of two partitions: with so many files in the first, and three in the second. */
async function newTable(files: number, configuration: Record<string, string>): Promise<DeltaTable> {
  const path = join(folder, `t${count++}`);
  await mkdir(path);
  const table = openDeltaTable(await openStore(path), engine, { clock: systemClock });
  const columns = parseColumnDefinitions('id BIGINT, part VARCHAR');
  await createTable(table, { columns, partitionColumns: ['part'], configuration });
  const base = await readSnapshot(table.io);
  const written = [];
  for (let i = 0; i < files + 3; i += 1) {
    const sql = `select ${i}::bigint, '${i < files ? 'a' : 'b'}'`;
    written.push(...(await writeRows(table, base, { sql, relations: [] })));
  }
  await commitStaged(table.io, stageAppend(base, { ...detailsOf(table), files: written }));
  return table;
}

async function idsOf(table: DeltaTable, snapshot: Snapshot): Promise<unknown> {
  const { relation } = await bindTable(table, 't', snapshot);
  return await askRows(table, { sql: 'select count(*), sum(id) from t', relations: [relation] });
}

it('puts the small files of a partition together when there are fifty, in a commit that changes no row', async () => {
  const table = await newTable(50, AUTO);
  const base = await readSnapshot(table.io, { version: 0 });
  const before = await readSnapshot(table.io);
  expect(await compactAfterAppend(table, base)).toBe(true);
  const after = await readSnapshot(table.io);
  expect([before.files.size, after.files.size]).toEqual([53, 4]);
  expect(await idsOf(table, after)).toEqual(await idsOf(table, before));
  expect(after.commitInfo).toMatchObject({
    operation: 'OPTIMIZE',
    isolationLevel: 'SnapshotIsolation',
    operationParameters: { auto: true },
  });
  expect(await compactAfterAppend(table, after)).toBe(false);
});

it('leaves a table alone that has fewer of them, or does not ask for it', async () => {
  for (const [files, configuration] of [
    [49, AUTO],
    [50, {}],
    [50, { 'delta.autoOptimize.autoCompact': 'false' }],
  ] as const) {
    const table = await newTable(files, configuration);
    expect(await compactAfterAppend(table, await readSnapshot(table.io))).toBe(false);
    expect((await readSnapshot(table.io)).version).toBe(1);
  }
});

it('takes nothing from the append when it fails', async () => {
  const table = await newTable(50, AUTO);
  const stage = (): Promise<never> => Promise.reject(new Error('no room'));
  const broken: DeltaTable = { ...table, engine: { ...engine, stage, query: engine.query.bind(engine) } };
  const errors: unknown[] = [];
  const base = await readSnapshot(table.io);
  expect(await compactAfterAppend(broken, base, { onError: (error) => errors.push(error) })).toBe(false);
  expect(errors.map(String)).toEqual(['Error: no room']);
  expect((await readSnapshot(table.io)).version).toBe(1);
});
