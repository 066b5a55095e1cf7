import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { CellValue, Engine } from '../engine/engine.ts';
import { openStore } from '../storage/open.ts';
import type { Alteration } from './alter-table.ts';
import { alterTable } from './alter-table.ts';
import { askRows } from './ask-rows.ts';
import { bindTable } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { openDeltaTable } from './delta-table.ts';
import { openInputFile } from './input-file.ts';
import { appendRows, createTable, overwriteRows } from './write-table.ts';

let engine: Engine;
let folder = '';
let count = 0;
beforeAll(async () => {
  engine = await openDuckDb({ threads: 2 });
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-alter-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

async function newTable(
  columns: string,
  configuration: Readonly<Record<string, string>> = {},
  partitionColumns: readonly string[] = [],
): Promise<DeltaTable> {
  const path = join(folder, `t${count++}`);
  await mkdir(path);
  const table = openDeltaTable(await openStore(path), engine, { clock: systemClock });
  await createTable(table, { columns: parseColumnDefinitions(columns), configuration, partitionColumns });
  return table;
}

type Rows = readonly Readonly<Record<string, unknown>>[];

async function inputOf(rows: Rows): ReturnType<typeof openInputFile> {
  const file = join(folder, `rows${count++}.ndjson`);
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return await openInputFile(engine, file);
}

async function append(table: DeltaTable, rows: Rows): Promise<void> {
  await appendRows(table, await readSnapshot(table.io), await inputOf(rows));
}

async function alter(table: DeltaTable, alteration: Alteration): ReturnType<typeof alterTable> {
  return await alterTable(table, await readSnapshot(table.io), alteration);
}

async function rowsOf(table: DeltaTable, columns = '*'): Promise<CellValue[][]> {
  const { relation } = await bindTable(table, 't', await readSnapshot(table.io));
  return await askRows(table, { sql: `select ${columns} from t order by all`, relations: [relation] });
}

const mapped = { 'delta.columnMapping.mode': 'name' };

describe('what a table promises of its rows', () => {
  it('is checked in every row that is added, and shows the rows that break it', async () => {
    const table = await newTable('id BIGINT NOT NULL, amount DECIMAL(9,2)', {
      'delta.constraints.positive': 'amount > 0',
      'delta.constraints.small': 'amount < 100 OR id > 10',
    });
    await append(table, [{ id: 1, amount: 2 }]);
    const bad = [5, 6, 7, 8, 9, 10].map((id) => ({ id, amount: id === 5 ? 1 : -id }));
    await expect(append(table, bad)).rejects.toMatchObject({
      code: 'LS2107',
      context: { rows: { length: 5 } },
      message: expect.stringMatching(/positive \(amount > 0\).*"id":6,"amount":-6.*"id":10/),
    });
    // What is not known to be true breaks it too.
    await expect(append(table, [{ id: 2, amount: null }])).rejects.toMatchObject({ code: 'LS2107' });
    await expect(append(table, [{ id: 2, amount: 100 }])).rejects.toThrow('small');
    await expect(append(table, [{ id: null, amount: 50 }])).rejects.toMatchObject({ code: 'LS2106' });
    await append(table, [{ id: 11, amount: 100 }]);
    expect(await rowsOf(table)).toEqual([
      [1n, '2.00'],
      [11n, '100.00'],
    ]);
    expect((await readSnapshot(table.io)).protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 3 });
  });

  it('fills in defaults, numbers and what is computed', async () => {
    const table = await newTable(
      `n BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY -10), at TIMESTAMP,
       day DATE GENERATED ALWAYS AS (CAST(at AS DATE)), kind VARCHAR DEFAULT 'none', part INTEGER GENERATED ALWAYS AS (month(at))`,
      mapped,
      ['part'],
    );
    await append(table, [{ at: '2024-01-01T23:00:00-02:00' }]);
    await append(table, [
      { kind: null, at: null },
      { kind: 'x', at: '2024-03-01T00:00:00Z', day: '2024-03-01' },
    ]);
    expect(await rowsOf(table, 'n, day, kind, part')).toEqual([
      [80n, '2024-03-01', 'x', 3],
      [90n, null, null, null],
      [100n, '2024-01-02', 'none', 1],
    ]);
  });

  it('refuses numbers and computed values that are not its own', async () => {
    const table = await newTable(
      'n BIGINT GENERATED ALWAYS AS IDENTITY, a INTEGER, b INTEGER GENERATED ALWAYS AS (a * 2)',
    );
    await expect(append(table, [{ n: 1, a: 1 }])).rejects.toThrow('leave it out');
    await expect(append(table, [{ a: 1, b: 3 }])).rejects.toThrow('that b is a * 2');
    await expect(append(table, [{ a: 1, b: null }])).rejects.toMatchObject({ code: 'LS2107' });
    await append(table, [{ a: 1, b: 2 }, { a: null }]);
    const own = await newTable('n BIGINT GENERATED BY DEFAULT AS IDENTITY, a INTEGER');
    await append(own, [{ n: 7, a: 1 }]);
    await append(own, [{ a: 2 }]);
    expect(await rowsOf(own)).toEqual([
      [1n, 2],
      [7n, 1],
    ]);
  });

  it('goes on numbering after rows were replaced', async () => {
    const table = await newTable('n BIGINT GENERATED ALWAYS AS IDENTITY, a INTEGER');
    await append(table, [{ a: 1 }, { a: 2 }]);
    await overwriteRows(table, await readSnapshot(table.io), await inputOf([{ a: 3 }]));
    await append(table, [{ a: 4 }]);
    expect(await rowsOf(table)).toEqual([
      [3n, 3],
      [4n, 4],
    ]);
  });

  it('may be that something inside a value is never NULL', async () => {
    const type = (nullable: boolean): Parameters<typeof createTable>[1]['columns'][number]['type'] => ({
      type: 'array',
      containsNull: nullable,
      elementType: { type: 'struct', fields: [{ name: 'x', type: 'long', nullable, metadata: {} }] },
    });
    for (const nullable of [true, false]) {
      const table = await newTable('id BIGINT');
      await createOver(table, [{ name: 'l', type: type(nullable), nullable: true }]);
      await append(table, [{ l: null }, { l: [] }, { l: [{ x: 1 }] }]);
      for (const l of [[null], [{ x: 1 }, { x: null }]]) {
        if (nullable) await append(table, [{ l }]);
        else await expect(append(table, [{ l }])).rejects.toThrow('nothing in l');
      }
    }
  });

  it('is refused where it might mean something else here', async () => {
    await expect(newTable('a INTEGER', { 'delta.constraints.x': 'a / 2 > 1' })).rejects.toMatchObject({
      code: 'LS3007',
    });
    await expect(newTable('a INTEGER', { 'delta.constraints.x': "a = 'x' OR year(a) = 1" })).rejects.toMatchObject({
      code: 'LS1205',
    });
    await expect(newTable('a INTEGER GENERATED ALWAYS AS IDENTITY')).rejects.toThrow('has to be a BIGINT');
    const chain = 'a INTEGER, b INTEGER GENERATED ALWAYS AS (a + 1), c INTEGER GENERATED ALWAYS AS (b + 1)';
    await expect(newTable(chain)).rejects.toThrow('no column b');
  });
});

/** The table with other columns. */
async function createOver(table: DeltaTable, columns: Parameters<typeof createTable>[1]['columns']): Promise<void> {
  await rm(table.locate('_delta_log'), { recursive: true });
  await createTable(table, { columns });
}

describe('alterTable', () => {
  it('gives columns other names, and reads what was there before by the old ones', async () => {
    const table = await newTable('id BIGINT, s STRUCT(a INTEGER, b VARCHAR[]), p VARCHAR', mapped, ['p']);
    await append(table, [{ id: 1, s: { a: 1, b: ['x'] }, p: 'q' }]);
    await alter(table, { kind: 'rename', path: ['s', 'a'], name: 'alpha' });
    await alter(table, { kind: 'rename', path: ['p'], name: 'part' });
    await alter(table, { kind: 'drop', path: ['s', 'b'] });
    await alter(table, { kind: 'add', path: ['s', 'b'], field: { type: 'long', nullable: true, metadata: {} } });
    await append(table, [{ id: 2, s: { alpha: 2, b: 9 }, part: 'r' }]);
    expect(await rowsOf(table)).toEqual([
      [1n, { alpha: 1, b: null }, 'q'],
      [2n, { alpha: 2, b: 9n }, 'r'],
    ]);
  });

  it('maps the columns of a table that is there', async () => {
    const table = await newTable('id BIGINT, l STRUCT(x INTEGER)[]');
    await append(table, [{ id: 1, l: [{ x: 1 }] }]);
    await expect(alter(table, { kind: 'drop', path: ['id'] })).rejects.toThrow(
      'set delta.columnMapping.mode=name first',
    );
    await alter(table, { kind: 'properties', set: mapped });
    await alter(table, { kind: 'rename', path: ['l', 'element', 'x'], name: 'y' });
    await append(table, [{ id: 2, l: [{ y: 2 }, null] }]);
    expect(await rowsOf(table, 'l')).toEqual([[[{ y: 1 }]], [[{ y: 2 }, null]]]);
    expect((await readSnapshot(table.io)).protocol).toEqual({ minReaderVersion: 2, minWriterVersion: 5 });
    await expect(alter(table, { kind: 'properties', set: { 'delta.columnMapping.mode': 'id' } })).rejects.toThrow(
      'cannot become id',
    );
    await expect(alter(table, { kind: 'properties', set: { 'delta.columnMapping.mode': null } })).rejects.toThrow(
      'cannot become none',
    );
  });

  it('widens types, and reads old files as the new type', async () => {
    const table = await newTable('id INTEGER, f FLOAT');
    await append(table, [{ id: 1, f: 0.1 }]);
    await expect(alter(table, { kind: 'widen', path: ['id'], type: 'long' })).rejects.toThrow(
      'set delta.enableTypeWidening=true first',
    );
    await alter(table, { kind: 'properties', set: { 'delta.enableTypeWidening': 'true' } });
    await alter(table, { kind: 'widen', path: ['id'], type: 'long' });
    await alter(table, { kind: 'widen', path: ['f'], type: 'double' });
    await append(table, [{ id: 9_007_199_254_740_993n.toString(), f: 0.1 }]);
    expect(await rowsOf(table)).toEqual([
      [1n, Math.fround(0.1)],
      [9_007_199_254_740_993n, 0.1],
    ]);
  });

  it('holds what is new against the rows that are there', async () => {
    const table = await newTable('id BIGINT, s STRUCT(a INTEGER)');
    await append(table, [
      { id: 1, s: { a: null } },
      { id: null, s: null },
    ]);
    const before = (await readSnapshot(table.io)).version;
    for (const alteration of [
      { kind: 'constraint', name: 'there', expression: 'id > 0' },
      { kind: 'nullable', path: ['id'], nullable: false },
      { kind: 'nullable', path: ['s', 'a'], nullable: false },
    ] as const)
      await expect(alter(table, alteration)).rejects.toMatchObject({ code: 'LS2107' });
    expect((await readSnapshot(table.io)).version).toBe(before);
    await alter(table, { kind: 'constraint', name: 'Known', expression: 'id > 0 OR id IS NULL' });
    await expect(append(table, [{ id: -1 }])).rejects.toThrow('known');
    await expect(alter(table, { kind: 'constraint', name: 'known', expression: 'id > 1' })).rejects.toThrow(
      'drop it first',
    );
    expect(
      await alter(table, { kind: 'constraint', name: 'KNOWN', expression: 'id > 0 OR id IS NULL' }),
    ).toBeUndefined();
    await alter(table, { kind: 'constraint', name: 'known', expression: undefined });
    await append(table, [{ id: -1 }]);
    await expect(alter(table, { kind: 'constraint', name: 'known', expression: undefined })).rejects.toThrow(
      'no constraint',
    );
  });

  it.each<[string, Alteration]>([
    ['divides the files', { kind: 'drop', path: ['p'] }],
    ['has to allow NULL', { kind: 'add', path: ['n'], field: { type: 'long', nullable: false, metadata: {} } }],
    ['no column id', { kind: 'drop', path: ['id'] }],
    ['no column id', { kind: 'rename', path: ['id'], name: 'key' }],
    ['is a constraint', { kind: 'properties', set: { 'delta.constraints.b': 'id > 1' } }],
    ['no table feature', { kind: 'feature', name: 'nope' }],
    ['icebergCompatV1', { kind: 'properties', set: { 'delta.enableIcebergCompatV1': 'true' } }],
    ['cannot be computed', { kind: 'metadata', path: ['v'], set: { CURRENT_DEFAULT: 'v' } }],
  ])('refuses what would break the table: %s', async (why, alteration) => {
    const table = await newTable('id BIGINT, p VARCHAR, v INTEGER', { ...mapped, 'delta.constraints.a': 'id > 0' }, [
      'p',
    ]);
    await append(table, [{ id: 1, p: 'x' }]);
    await expect(alter(table, alteration)).rejects.toThrow(why);
    expect((await readSnapshot(table.io)).version).toBe(1);
  });

  it('says nothing when it is so already', async () => {
    const table = await newTable("id BIGINT COMMENT 'key'", { 'my.own': '1' });
    expect(await alter(table, { kind: 'properties', set: { 'my.own': '1', absent: null } })).toBeUndefined();
    expect(await alter(table, { kind: 'metadata', path: ['id'], set: { comment: 'key' } })).toBeUndefined();
    expect(await alter(table, { kind: 'nullable', path: ['id'], nullable: true })).toBeUndefined();
    const log = await readFile(join(table.locate('_delta_log'), '00000000000000000000.json'), 'utf8');
    expect(log).toContain('"comment\\":\\"key\\"');
  });
});
