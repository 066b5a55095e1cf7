import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Snapshot } from '@lakesmith/delta';
import { readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import { randomNumbers } from '../core/random-numbers.test-suite.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { CellValue, Engine, Relation } from '../engine/engine.ts';
import { openStore } from '../storage/open.ts';
import { bindChanges } from './bind-changes.ts';
import { bindTable } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { openDeltaTable } from './delta-table.ts';
import { openInputFile } from './input-file.ts';
import { inputRelations } from './input-columns.ts';
import { mergeRows } from './merge-table.ts';
import { optimizeTable } from './optimize-table.ts';
import { changeRows } from './rewrite-table.ts';
import { appendRows, createTable, overwriteRows } from './write-table.ts';

let engine: Engine;
let folder = '';
let count = 0;
beforeAll(async () => {
  engine = await openDuckDb({ threads: 2 });
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-writes-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

interface Row {
  readonly id: number;
  readonly part: string | null;
  readonly n: number | null;
}

async function newTable(definition: { partitionColumns?: readonly string[]; feed?: boolean }): Promise<DeltaTable> {
  const path = join(folder, `t${count++}`);
  await mkdir(path);
  const table = openDeltaTable(await openStore(path), engine, { clock: systemClock });
  await createTable(table, {
    columns: parseColumnDefinitions('id BIGINT NOT NULL, part VARCHAR, n INTEGER'),
    ...(definition.partitionColumns === undefined ? {} : { partitionColumns: definition.partitionColumns }),
    ...(definition.feed === true ? { configuration: { 'delta.enableChangeDataFeed': 'true' } } : {}),
  });
  return table;
}

async function inputOf(rows: readonly Row[]): ReturnType<typeof openInputFile> {
  const file = join(folder, `rows${count++}.ndjson`);
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join('') || '{"id":null}\n');
  return await openInputFile(engine, file);
}

async function ask(sql: string, relations: readonly Relation[]): Promise<CellValue[][]> {
  const { batches } = await engine.query({ sql, relations, timezone: 'UTC' });
  const rows: CellValue[][] = [];
  for await (const { rowCount, columns } of batches)
    for (let i = 0; i < rowCount; i += 1) rows.push(columns.map((column) => column[i] ?? null));
  return rows;
}

async function rowsOf(table: DeltaTable, snapshot: Snapshot): Promise<CellValue[][]> {
  const { relation } = await bindTable(table, 't', snapshot);
  return await ask('select id, part, n from t order by all', [relation]);
}

/** What the feed tells of one version: how often each row came, less how often it went. */
async function feedOf(table: DeltaTable, version: number): Promise<Map<string, number>> {
  const { relations } = await bindChanges(table, 'c', { from: version, to: version });
  const rows = await ask('select id, part, n, _change_type from c', relations);
  const sums = new Map<string, number>();
  for (const [id, part, n, kind] of rows) {
    const key = JSON.stringify([Number(id), part, n]);
    sums.set(key, (sums.get(key) ?? 0) + (kind === 'insert' || kind === 'update_postimage' ? 1 : -1));
  }
  // No row is told to have become what it was.
  const told = new Map([...sums].filter(([, times]) => times !== 0));
  expect(rows).toHaveLength([...told.values()].reduce((sum, times) => sum + Math.abs(times), 0));
  return told;
}

function difference(before: readonly Row[], after: readonly Row[]): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (rows: readonly Row[], times: number): void => {
    for (const { id, part, n } of rows) {
      const key = JSON.stringify([id, part, n]);
      sums.set(key, (sums.get(key) ?? 0) + times);
    }
  };
  add(after, 1);
  add(before, -1);
  return new Map([...sums].filter(([, times]) => times !== 0));
}

interface Condition {
  readonly sql: string;
  readonly holds: (row: Row) => boolean;
}

const conditions: readonly [Condition, ...Condition[]] = [
  { sql: 'id % 3 = 0', holds: ({ id }) => id % 3 === 0 },
  { sql: 'n > 50', holds: ({ n }) => n !== null && n > 50 },
  { sql: "part = 'b'", holds: ({ part }) => part === 'b' },
  { sql: 'part is null or id < 5', holds: ({ part, id }) => part === null || id < 5 },
  { sql: 'id > 1000000', holds: () => false },
];

interface Update {
  readonly set: ReadonlyMap<string, string>;
  readonly next: (row: Row) => Row;
}

const updates: readonly [Update, ...Update[]] = [
  { set: new Map([['n', 'n + 1']]), next: (row) => ({ ...row, n: row.n === null ? null : row.n + 1 }) },
  { set: new Map([['part', "'c'"]]), next: (row) => ({ ...row, part: 'c' }) },
  {
    set: new Map([
      ['n', 'id'],
      ['part', 'part'],
    ]),
    next: (row) => ({ ...row, n: row.id }),
  },
];

/** Merges rows, some of which the table has, deleting those with a large n; gives what the table must then hold. */
async function mergeSome(
  table: DeltaTable,
  base: Snapshot,
  {
    model,
    random,
    fresh,
  }: { readonly model: readonly Row[]; readonly random: () => number; readonly fresh: () => number },
): Promise<Row[]> {
  const pickId = (): number => (random() < 0.6 ? model[Math.floor(random() * model.length)]?.id : undefined) ?? fresh();
  const ids = new Set(Array.from({ length: 8 }, pickId));
  const rows = [...ids].map((id): Row => ({
    id,
    part: ['a', 'b', null][Math.floor(random() * 3)] ?? null,
    n: Math.floor(random() * 100),
  }));
  const isGone = ({ n }: Row): boolean => (n ?? 0) > 70;
  const { relations, columns } = inputRelations('source', base, await inputOf(rows));
  const merge = { key: ['id'], columns, source: relations, deleteWhen: 'source.n > 70' };
  const report = await mergeRows(table, base, merge);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const met = model.flatMap((row) => {
    const next = byId.get(row.id);
    return next === undefined ? [] : [{ row, next }];
  });
  const isThere = new Set(model.map(({ id }) => id));
  const added = rows.filter((row) => !isThere.has(row.id) && !isGone(row));
  const counts = {
    rowsInserted: added.length,
    rowsDeleted: met.filter(({ next }) => isGone(next)).length,
    rowsUpdated: met.filter(({ row, next }) => !isGone(next) && (row.part !== next.part || row.n !== next.n)).length,
  };
  if (Object.values(counts).some((times) => times > 0)) expect(report).toMatchObject(counts);
  else expect(report).toBeUndefined();
  const kept = model.flatMap((row) => {
    const next = byId.get(row.id) ?? row;
    return byId.has(row.id) && isGone(next) ? [] : [next];
  });
  return [...kept, ...added];
}

describe('a table that rows are written to', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'is what a list of rows would be, and its feed tells each difference (%i)',
    async (seed) => {
      const random = randomNumbers(seed);
      const pick = <T>(items: readonly [T, ...T[]]): T => items[Math.floor(random() * items.length)] ?? items[0];
      const table = await newTable({ ...(seed % 2 === 0 ? { partitionColumns: ['part'] } : {}), feed: true });
      let model: Row[] = [];
      let nextId = 0;
      const fresh = (): Row[] =>
        Array.from({ length: 1 + Math.floor(random() * 20) }, () => ({
          id: nextId++,
          part: pick(['a', 'b', 'c/d', null]),
          n: random() < 0.1 ? null : Math.floor(random() * 100),
        }));
      for (let step = 0; step < 10; step += 1) {
        const base = await readSnapshot(table.io);
        const before = model;
        const kind = step === 0 ? 0 : random();
        if (kind < 0.4) {
          const rows = fresh();
          await appendRows(table, base, await inputOf(rows));
          model = [...model, ...rows];
        } else if (kind < 0.5) {
          model = fresh();
          await overwriteRows(table, base, await inputOf(model));
        } else if (kind < 0.7) {
          model = await mergeSome(table, base, { model, random, fresh: () => nextId++ });
        } else if (kind < 0.75) {
          await optimizeTable(table, base, {});
        } else if (kind < 0.87) {
          const { sql, holds } = pick(conditions);
          await changeRows(table, base, { where: sql });
          model = model.filter((row) => !holds(row));
        } else {
          const { sql, holds } = pick(conditions);
          const { set, next } = pick(updates);
          await changeRows(table, base, { where: sql, set });
          model = model.map((row) => (holds(row) ? next(row) : row));
        }
        const after = await readSnapshot(table.io);
        const expected = model.map(({ id, part, n }) => JSON.stringify([id, part, n])).sort();
        const found = (await rowsOf(table, after)).map(([id, part, n]) => JSON.stringify([Number(id), part, n])).sort();
        expect(found, `step ${step}`).toEqual(expected);
        if (after.version > base.version)
          expect(await feedOf(table, after.version), `step ${step}`).toEqual(difference(before, model));
      }
    },
  );

  it('takes no merge in which one row would become two', async () => {
    const table = await newTable({});
    await appendRows(table, await readSnapshot(table.io), await inputOf([{ id: 1, part: 'a', n: 1 }]));
    const base = await readSnapshot(table.io);
    const twice = await inputOf([
      { id: 1, part: 'b', n: 2 },
      { id: 1, part: 'c', n: 3 },
      { id: 2, part: 'c', n: 3 },
    ]);
    const { relations, columns } = inputRelations('source', base, twice);
    const merge = { key: ['id'], columns, source: relations };
    await expect(mergeRows(table, base, merge)).rejects.toMatchObject({
      code: 'LS2202',
      message: expect.stringContaining('(1)'),
    });
    expect((await readSnapshot(table.io)).version).toBe(base.version);
    expect(await mergeRows(table, base, { ...merge, insertOnly: true })).toMatchObject({
      rowsInserted: 1,
      filesRemoved: 0,
    });
  });

  it('has as many files as it has partitions when small ones were put together, and tells no change', async () => {
    const table = await newTable({ partitionColumns: ['part'], feed: true });
    for (let n = 0; n < 4; n += 1) {
      const rows = ['a', 'b', null].map((part, i): Row => ({ id: 10 * n + i, part, n }));
      await appendRows(table, await readSnapshot(table.io), await inputOf(rows));
    }
    const base = await readSnapshot(table.io);
    const before = await rowsOf(table, base);
    expect(await optimizeTable(table, base, { targetBytes: 1 })).toBeUndefined();
    expect(await optimizeTable(table, base, {})).toMatchObject({ filesAdded: 3, filesRemoved: 12, rowsWritten: 12 });
    const after = await readSnapshot(table.io);
    expect(await rowsOf(table, after)).toEqual(before);
    expect(await feedOf(table, after.version)).toEqual(new Map());
    expect(await optimizeTable(table, after, {})).toBeUndefined();
  });
});
