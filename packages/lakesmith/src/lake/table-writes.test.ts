import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Snapshot } from '@lakesmith/delta';
import { readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import { randomNumbers } from '../core/random-numbers.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { CellValue, Engine, Relation } from '../engine/engine.ts';
import { openStore } from '../storage/open.ts';
import { bindChanges } from './bind-changes.ts';
import { bindTable } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { openDeltaTable } from './delta-table.ts';
import { openInputFile } from './input-file.ts';
import { parseMerge } from '../serve/merge-text.ts';
import { bindChange } from '../serve/table-change.ts';
import { bindMerge } from '../serve/table-merge.ts';
import { bindOverwrite } from '../serve/table-overwrite.ts';
import { optimizeTable } from './optimize-table.ts';
import { restoreTable } from './restore-table.ts';
import type { ChangeReport } from './rewrite-table.ts';
import { changeRows } from './rewrite-table.ts';
import type { RowChange } from './row-change.ts';
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

const numberColumn = 'no BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 7 INCREMENT BY 3)';

async function newTable(definition: {
  partitionColumns?: readonly string[];
  feed?: boolean;
  vectors?: boolean;
  numbered?: boolean;
}): Promise<DeltaTable> {
  const path = join(folder, `t${count++}`);
  await mkdir(path);
  const table = openDeltaTable(await openStore(path), engine, { clock: systemClock });
  await createTable(table, {
    columns: parseColumnDefinitions(
      `id BIGINT NOT NULL, part VARCHAR, n INTEGER${definition.numbered === true ? `, ${numberColumn}` : ''}`,
    ),
    ...(definition.partitionColumns === undefined ? {} : { partitionColumns: definition.partitionColumns }),
    configuration: {
      ...(definition.feed === true ? { 'delta.enableChangeDataFeed': 'true' } : {}),
      ...(definition.vectors === true ? { 'delta.enableDeletionVectors': 'true' } : {}),
    },
  });
  return table;
}

async function inputOf(rows: readonly (Row & { readonly op?: string })[]): ReturnType<typeof openInputFile> {
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

/** What the feed tells of one version: how often each row came, less how often it went, and how many rows it told of. */
async function feedOf(table: DeltaTable, version: number): Promise<{ sums: Map<string, number>; told: number }> {
  const { relations } = await bindChanges(table, 'c', { from: version, to: version });
  const rows = await ask('select id, part, n, _change_type from c', relations);
  const sums = new Map<string, number>();
  for (const [id, part, n, kind] of rows) {
    const key = JSON.stringify([Number(id), part, n]);
    sums.set(key, (sums.get(key) ?? 0) + (kind === 'insert' || kind === 'update_postimage' ? 1 : -1));
  }
  return { sums: new Map([...sums].filter(([, times]) => times !== 0)), told: rows.length };
}

/** How many rows have a number that no other has, and how many that the feed of the version leaves behind have another there. */
async function numbersOf(table: DeltaTable, snapshot: Snapshot, feed: boolean): Promise<CellValue[]> {
  const { relation } = await bindTable(table, 't', snapshot);
  const [[unique = null] = []] = await ask('select count(distinct no) from t', [relation]);
  if (!feed) return [unique, 0n];
  const { version } = snapshot;
  const { relations } = await bindChanges(table, 'c', { from: version, to: version });
  const strangers = `select count(*) from c where _change_type in ('insert', 'update_postimage') and not exists
    (select 1 from t where t.id = c.id and t.part is not distinct from c.part and t.n is not distinct from c.n and t.no = c.no)`;
  const [[others = null] = []] = await ask(strangers, [relation, ...relations]);
  return [unique, others];
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
  { sql: 'id % 29 = 1', holds: ({ id }) => id % 29 === 1 },
  { sql: 'n > 50', holds: ({ n }) => n !== null && n > 50 },
  { sql: "part = 'b'", holds: ({ part }) => part === 'b' },
  { sql: 'part is null or id < 5', holds: ({ part, id }) => part === null || id < 5 },
  { sql: 'id > 1000000', holds: () => false },
];

interface Update {
  readonly sql: string;
  readonly next: (row: Row) => Row;
}

const updates: readonly [Update, ...Update[]] = [
  { sql: 'n = n + 1', next: (row) => ({ ...row, n: row.n === null ? null : row.n + 1 }) },
  { sql: "part = 'c'", next: (row) => ({ ...row, part: 'c' }) },
  { sql: 'n = id, part = part', next: (row) => ({ ...row, n: row.id }) },
];

interface SourceRow extends Row {
  readonly op: string;
}

/** A piece of a MERGE and what it means; undefined where there is no such row. */
interface Meant<T> {
  readonly sql: string;
  readonly of: (t: Row, s: SourceRow) => T;
}
type When = Meant<boolean>;
type Some<T> = readonly [T, ...T[]];

const ons: Some<When> = [
  { sql: 't.id = s.id', of: (t, s) => t.id === s.id },
  { sql: 't.id = s.id', of: (t, s) => t.id === s.id },
  { sql: 's.id = t.id and t.part = s.part', of: (t, s) => t.id === s.id && t.part !== null && t.part === s.part },
  { sql: 't.n > 20 and t.id = s.id', of: (t, s) => t.id === s.id && (t.n ?? 0) > 20 },
  { sql: 't.id between s.id and s.id + 1', of: (t, s) => t.id === s.id || t.id === s.id + 1 },
];
const always: When = { sql: '', of: () => true };
const whenMatched: Some<When> = [
  { sql: " and s.op = 'd' -- WHEN MATCHED\n", of: (_, s) => s.op === 'd' },
  { sql: ' and t.n > s.n', of: (t, s) => t.n !== null && s.n !== null && t.n > s.n },
  {
    sql: ' and case when s.part is null then true else t.n is null end',
    of: (t, s) => s.part === null || t.n === null,
  },
];
const whenFresh: Some<When> = [
  { sql: " and s.op <> 'd'", of: (_, s) => s.op !== 'd' },
  { sql: ' and s.n > 50', of: (_, s) => s.n !== null && s.n > 50 },
];
const whenAlone: Some<When> = [
  { sql: ' and t.n > 60', of: ({ n }) => n !== null && n > 60 },
  { sql: " and t.part = 'a'", of: ({ part }) => part === 'a' },
];
/** What becomes of a row; undefined: it goes. */
type Act = Meant<Row | undefined>;
const goes: Act = { sql: 'delete', of: () => undefined };
const onMatched: Some<Act> = [
  goes,
  { sql: 'update set *', of: (_, { id, part, n }) => ({ id, part, n }) },
  { sql: 'update set t.n = s.n', of: (t, s) => ({ ...t, n: s.n }) },
  {
    sql: 'update set n = t.n + s.n, part = $$WHEN$$',
    of: (t, s) => ({ ...t, n: t.n === null || s.n === null ? null : t.n + s.n, part: 'WHEN' }),
  },
];
const onFresh: Some<Meant<Row>> = [
  { sql: 'insert *', of: (_, { id, part, n }) => ({ id, part, n }) },
  { sql: 'insert (id) values (s.id)', of: (_, s) => ({ id: s.id, part: null, n: null }) },
  {
    sql: "insert (n, id, part) values (case when s.n > 50 then 1 else 2 end, s.id, concat('x,', s.op))",
    of: (_, s) => ({ id: s.id, part: `x,${s.op}`, n: s.n !== null && s.n > 50 ? 1 : 2 }),
  },
];
const onAlone: Some<Act> = [
  goes,
  { sql: 'update set n = t.n - 1', of: (t) => ({ ...t, n: t.n === null ? null : t.n - 1 }) },
  { sql: 'update set n = n', of: (t) => t },
];

interface Clause<T> {
  readonly when: When;
  readonly act: Meant<T>;
}

/** Some clauses, the last perhaps without a condition. */
function clausesOf<T>(random: () => number, whens: Some<When>, acts: Some<Meant<T>>): Clause<T>[] {
  const pick = <U>(items: Some<U>): U => items[Math.floor(random() * items.length)] ?? items[0];
  const clauses = Array.from({ length: Math.floor(random() * 3) }, () => ({ when: pick(whens), act: pick(acts) }));
  return random() < 0.5 ? [...clauses, { when: always, act: pick(acts) }] : clauses;
}

/** A step of the model: what the table must hold then, how many rows the feed tells of, and what was reported. */
interface Step {
  readonly model: readonly Row[];
  readonly told?: number;
}

const isSame = (a: Row, b: Row): boolean => a.id === b.id && a.part === b.part && a.n === b.n;

interface Counts {
  rowsInserted: number;
  rowsUpdated: number;
  rowsDeleted: number;
}

function expectCounts(report: ChangeReport | undefined, counts: Counts): number {
  if (Object.values(counts).some((times) => times > 0)) expect(report).toMatchObject(counts);
  else expect(report).toBeUndefined();
  return counts.rowsInserted + 2 * counts.rowsUpdated + counts.rowsDeleted;
}

/** Changes rows one by one, as the list of them would be. */
function changed(model: readonly Row[], next: (row: Row) => Row | undefined): { rows: Row[]; counts: Counts } {
  const counts = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0 };
  const rows = model.flatMap((row) => {
    const after = next(row);
    if (after === undefined) counts.rowsDeleted += 1;
    else if (!isSame(row, after)) counts.rowsUpdated += 1;
    return after === undefined ? [] : [after];
  });
  return { rows, counts };
}

/** A MERGE made up by chance, done to the table and to the list. */
async function mergeSome(
  table: DeltaTable,
  base: Snapshot,
  model: readonly Row[],
  random: () => number,
): Promise<Step> {
  const pick = <U>(items: Some<U>): U => items[Math.floor(random() * items.length)] ?? items[0];
  const known = (): number => model[Math.floor(random() * model.length)]?.id ?? 0;
  const ids = Array.from({ length: 1 + Math.floor(random() * 12) }, () =>
    random() < 0.6 ? known() : 5000 + Math.floor(random() * 500),
  );
  const rows = (random() < 0.15 ? ids : [...new Set(ids)]).map((id): SourceRow => ({
    id,
    part: pick(['a', 'b', null]),
    n: random() < 0.1 ? null : Math.floor(random() * 100),
    op: pick(['d', 'u', 'i']),
  }));
  const on = pick(ons);
  const matched = clausesOf(random, whenMatched, onMatched);
  const fresh = clausesOf(random, whenFresh, onFresh);
  const alone = random() < 0.4 ? clausesOf(random, whenAlone, onAlone) : [];
  const text = [
    ...matched.map(({ when, act }) => `when matched${when.sql} then ${act.sql}`),
    ...fresh.map(({ when, act }) => `when not matched${when.sql} then ${act.sql}`),
    ...alone.map(({ when, act }) => `when not matched by source${when.sql} then ${act.sql}`),
  ];
  if (text.length === 0) return { model };
  const sql = `merge into x.target t using source as s on ${on.sql} ${text.join(' ')};`;
  const act = async (): Promise<ChangeReport | undefined> =>
    changeRows(table, base, await bindMerge(table, base, await inputOf(rows), parseMerge(sql)));
  const partners = (t: Row): SourceRow[] => rows.filter((s) => on.of(t, s));
  const [only] = matched;
  const mayMeetSeveral = matched.length === 0 || (matched.length === 1 && only?.when === always && only.act === goes);
  if (!mayMeetSeveral && model.some((t) => partners(t).length > 1)) {
    await expect(act(), sql).rejects.toMatchObject({ code: 'LS2202' });
    return { model };
  }
  const nobody: SourceRow = { id: 0, part: null, n: null, op: '' };
  const after = changed(model, (t) => {
    const [s] = partners(t);
    const clause = (s === undefined ? alone : matched).find(({ when }) => when.of(t, s ?? nobody));
    return clause === undefined ? t : clause.act.of(t, s ?? nobody);
  });
  const added = rows.flatMap((s) => {
    const clause = model.some((t) => on.of(t, s)) ? undefined : fresh.find(({ when }) => when.of(s, s));
    return clause === undefined ? [] : [clause.act.of(s, s)];
  });
  const told = expectCounts(await act(), { ...after.counts, rowsInserted: added.length });
  return { model: [...after.rows, ...added], told };
}

/** Rows take the place of those that meet a condition, or of partitions. */
async function overwriteSome(
  table: DeltaTable,
  base: Snapshot,
  { model, rows }: { readonly model: readonly Row[]; readonly rows: readonly Row[] },
): Promise<Step> {
  const parts = new Set(rows.map(({ part }) => part));
  const isPartitioned = base.metadata.partitionColumns.length > 0;
  const isOver = (row: Row): boolean => (isPartitioned ? parts.has(row.part) : (row.n ?? 0) > 50);
  const fitting = isPartitioned ? rows : rows.filter(isOver);
  const change = await bindOverwrite(
    table,
    base,
    await inputOf(fitting),
    isPartitioned ? { partitions: true } : { where: 'n > 50' },
  );
  if (fitting.length === 0) return { model };
  const { rows: left, counts } = changed(model, (row) => (isOver(row) ? undefined : row));
  const told = expectCounts(await changeRows(table, base, change), { ...counts, rowsInserted: fitting.length });
  return { model: [...left, ...fitting], told };
}

async function changeSome(
  table: DeltaTable,
  base: Snapshot,
  { model, where, update }: { readonly model: readonly Row[]; readonly where: Condition; readonly update?: Update },
): Promise<Step> {
  const change: RowChange = await bindChange(table, base, { where: where.sql, set: update?.sql });
  const { rows, counts } = changed(model, (row) => (where.holds(row) ? update?.next(row) : row));
  return { model: rows, told: expectCounts(await changeRows(table, base, change), counts) };
}

describe('a table that rows are written to', () => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
    'is what a list of rows would be, and its feed tells each difference (%i)',
    async (seed) => {
      const random = randomNumbers(seed);
      const pick = <T>(items: Some<T>): T => items[Math.floor(random() * items.length)] ?? items[0];
      const isNumbered = seed % 3 === 0;
      const table = await newTable({
        ...(seed % 2 === 0 ? { partitionColumns: ['part'] } : {}),
        feed: seed % 5 !== 0,
        vectors: seed % 4 > 1,
        numbered: isNumbered,
      });
      let model: readonly Row[] = [];
      const states = new Map<number, readonly Row[]>();
      let nextId = 0;
      const fresh = (): Row[] =>
        Array.from({ length: 1 + Math.floor(random() * 60) }, () => ({
          id: nextId++,
          part: pick(['a', 'b', 'c/d', null]),
          n: random() < 0.1 ? null : Math.floor(random() * 100),
        }));
      const step = async (base: Snapshot, kind: number): Promise<Step> => {
        if (kind < 0.2) {
          const rows = fresh();
          await appendRows(table, base, await inputOf(rows));
          return { model: [...model, ...rows] };
        }
        if (kind < 0.25) {
          const rows = fresh();
          await overwriteRows(table, base, await inputOf(rows));
          return { model: rows };
        }
        if (kind < 0.35) return await overwriteSome(table, base, { model, rows: fresh() });
        if (kind < 0.65) return await mergeSome(table, base, model, random);
        if (kind < 0.7) return { model, ...((await optimizeTable(table, base, {})) === undefined ? {} : { told: 0 }) };
        if (kind < 0.75) {
          const version = Math.floor(random() * base.version) + 1;
          await restoreTable(table, base, await readSnapshot(table.io, { version }));
          return { model: states.get(version) ?? [] };
        }
        if (kind < 0.88) return await changeSome(table, base, { model, where: pick(conditions) });
        return await changeSome(table, base, { model, where: pick(conditions), update: pick(updates) });
      };
      for (let i = 0; i < 12; i += 1) {
        const base = await readSnapshot(table.io);
        const before = model;
        const { model: wanted, told } = await step(base, i < 2 ? 0 : random());
        model = wanted;
        const after = await readSnapshot(table.io);
        states.set(after.version, model);
        const expected = model.map(({ id, part, n }) => JSON.stringify([id, part, n])).sort();
        const found = (await rowsOf(table, after)).map(([id, part, n]) => JSON.stringify([Number(id), part, n])).sort();
        const operation = `step ${i}: ${JSON.stringify(after.commitInfo?.operationParameters)}`;
        expect(found, operation).toEqual(expected);
        const isTold = after.version !== base.version && seed % 5 !== 0;
        if (isNumbered) expect(await numbersOf(table, after, isTold), operation).toEqual([BigInt(model.length), 0n]);
        if (!isTold) continue;
        const feed = await feedOf(table, after.version);
        expect(feed.sums, operation).toEqual(difference(before, model));
        // No row is told to have become what it was.
        if (told !== undefined) expect(feed.told, operation).toBe(told);
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
    const merge = async (clauses: string): Promise<ChangeReport | undefined> =>
      changeRows(
        table,
        base,
        await bindMerge(table, base, twice, parseMerge(`merge into t using s on t.id = s.id ${clauses}`)),
      );
    await expect(merge('when matched then update set *')).rejects.toMatchObject({
      code: 'LS2202',
      message: expect.stringContaining('(id 1)'),
    });
    expect((await readSnapshot(table.io)).version).toBe(base.version);
    expect(await merge('when not matched then insert *')).toMatchObject({ rowsInserted: 1, filesRemoved: 0 });
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
    expect((await feedOf(table, after.version)).told).toBe(0);
    expect(await optimizeTable(table, after, {})).toBeUndefined();
  });
});

it('rows that come with a mark are written once, also by those who read the table before', async () => {
  const table = await newTable({});
  const base = await readSnapshot(table.io);
  const file = join(folder, `marked${count++}.ndjson`);
  await writeFile(file, '{"id":1}\n');
  const input = await openInputFile(engine, file);
  const options = { txn: { appId: 'loader', version: 1 } };
  await appendRows(table, base, input, options);
  expect(await appendRows(table, await readSnapshot(table.io), input, options)).toBe('written-before');
  // Others who read the table before and write then find that out.
  expect(await appendRows(table, base, input, options)).toBe('written-before');
  const later = { txn: { appId: 'loader', version: 2 } };
  await expect(appendRows(table, base, input, later)).rejects.toMatchObject({ code: 'LS3301' });
  expect((await readSnapshot(table.io)).version).toBe(1);
});

it('rows that are appended at the same time are a version each, and those that cannot be kept are no matter of the others', async () => {
  const table = await newTable({});
  const base = await readSnapshot(table.io);
  const ids = [1, 2, 3, 4, 5];
  const append = async (id: number): ReturnType<typeof appendRows> => {
    const file = join(folder, `together${count++}.ndjson`);
    await writeFile(file, `{"id":${id === 3 ? '"three"' : id},"part":"a","n":${id}}\n`);
    const txn = { appId: `loader ${id}`, version: id };
    return await appendRows(table, base, await openInputFile(engine, file), { txn });
  };
  const outcomes = await Promise.allSettled(ids.map(append));
  const reports = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  expect(outcomes.map(({ status }) => status)).toEqual(ids.map((id) => (id === 3 ? 'rejected' : 'fulfilled')));
  const versions = reports.map((report) => (report === 'written-before' ? -1 : report.version));
  expect(versions.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  const after = await readSnapshot(table.io);
  expect((await rowsOf(table, after)).map(([id]) => Number(id)).toSorted((a, b) => a - b)).toEqual([1, 2, 4, 5]);
  expect([...after.txns.values()].map(({ version }) => Number(version)).toSorted((a, b) => a - b)).toEqual([
    1, 2, 4, 5,
  ]);
});
