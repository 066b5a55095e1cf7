import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Snapshot } from '@lakesmith/delta';
import {
  applyStaged,
  commitStaged,
  planScan,
  readSnapshot,
  stageAppend,
  stageCreate,
  writeCheckpoint,
} from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { CellValue, Engine } from '../engine/engine.ts';
import { openStore } from '../storage/open.ts';
import type { DeltaTable } from './delta-table.ts';
import { openDeltaTable } from './delta-table.ts';

let engine: Engine;
let folder = '';
let count = 0;
beforeAll(async () => {
  engine = await openDuckDb({ threads: 2 });
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-checkpoint-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const AS_TYPES = { 'delta.checkpoint.writeStatsAsStruct': 'true' };
const ONLY_TYPES = { ...AS_TYPES, 'delta.checkpoint.writeStatsAsJson': 'false' };
const V2 = { 'delta.checkpointPolicy': 'v2' };

const definition =
  'l BIGINT, d DECIMAL(38,10), ts TIMESTAMP, ntz TIMESTAMP_NTZ, day DATE, s VARCHAR, x DOUBLE, b BOOLEAN, st STRUCT(i INTEGER), ' +
  'p_l BIGINT, p_d DECIMAL(20,2), p_ts TIMESTAMP, p_day DATE, p_b BOOLEAN, p_x DOUBLE, p_s VARCHAR';
const stats =
  '{"numRecords":3,"minValues":{"l":-9223372036854775808,"d":-1234567890123456789012345678.0123456789,"ts":"1900-01-01T00:00:00.123Z",' +
  '"ntz":"2024-02-29T23:59:59.999","day":"0001-01-01","s":"ä\\u0000\\"","x":-1.5e300,"st":{"i":-5},"gone":7},' +
  '"maxValues":{"l":9223372036854775807,"d":0.1,"ts":"2024-01-01T01:00:00.000+01:00","ntz":"9999-12-31T00:00:00.000","day":"2024-12-31","s":"z","x":0.1,"st":{"i":5}},' +
  '"nullCount":{"l":0,"d":1,"ts":0,"ntz":0,"day":0,"s":0,"x":0,"b":2,"st":{"i":3}}}';
const partitions = {
  p_l: '9007199254740993',
  p_d: '123456789012345678.25',
  p_ts: '2024-01-01 00:00:00.000001',
  p_day: '2024-02-29',
  p_b: 'true',
  p_x: '1.0E21',
  p_s: 'a b/ü',
};

async function newTable(configuration: Record<string, string>): Promise<{ table: DeltaTable; snapshot: Snapshot }> {
  const path = join(folder, `t${count++}`);
  await mkdir(path);
  const table = openDeltaTable(await openStore(path), engine, { clock: systemClock });
  const file = (name: string, more: object): { path: string; sizeBytes: number; modifiedMs: number } => ({
    path: name,
    sizeBytes: 1,
    modifiedMs: 1,
    ...more,
  });
  const nulls = Object.fromEntries(Object.keys(partitions).map((name) => [name, null]));
  const files = [
    file('full', { stats, partitionValues: partitions }),
    file('empty', { partitionValues: nulls }),
    file('odd', {
      stats:
        '{"numRecords":"x","minValues":{"l":1.5,"d":"1e3","ts":"soon","day":"2024-02-30","x":"NaN"},"nullCount":7}',
      partitionValues: { ...nulls, p_x: 'NaN' },
    }),
    file('broken', { stats: 'no JSON', partitionValues: nulls }),
  ];
  const columns = parseColumnDefinitions(definition);
  const details = { nowMs: 1, engineInfo: 'test' };
  await commitStaged(
    table.io,
    stageCreate({ ...details, columns, partitionColumns: Object.keys(partitions), configuration, files }),
  );
  return { table, snapshot: await readSnapshot(table.io) };
}

async function ask(sql: string): Promise<CellValue[][]> {
  const { batches } = await engine.query({ sql, relations: [], timezone: 'UTC' });
  const rows: CellValue[][] = [];
  for await (const { rowCount, columns } of batches)
    for (let i = 0; i < rowCount; i += 1) rows.push(columns.map((column) => column[i] ?? null));
  return rows;
}

/** Where the checkpoint of a table has its files. */
async function fileRows(table: DeltaTable): Promise<string> {
  const names = await readdir(table.locate('_delta_log'), { recursive: true });
  const sidecar = names.find((name) => name.startsWith('_sidecars/'));
  const classic = names.find((name) => name.endsWith('.checkpoint.parquet'));
  return table.locate(`_delta_log/${sidecar ?? classic ?? ''}`);
}

/** The table as its checkpoint alone tells it. */
async function fromCheckpoint(table: DeltaTable): Promise<Snapshot> {
  await rm(table.locate('_delta_log/00000000000000000000.json'));
  return readSnapshot(table.io);
}

describe.each([
  ['classic', {}],
  ['V2', V2],
])('a checkpoint with types, %s', (_, policy) => {
  it('has every statistic and partition value as a value of its type, to the last digit', async () => {
    const { table, snapshot } = await newTable({ ...AS_TYPES, ...policy });
    await writeCheckpoint(table.io, snapshot);
    const path = await fileRows(table);
    const fields = Object.keys(partitions).map((name) => `add.partitionValues_parsed.${name}`);
    const bounds = ['l', 'd', 'ts', 'ntz', 'day', 's', 'x', 'st.i'].flatMap((name) => [
      `add.stats_parsed.minValues.${name}`,
      `add.stats_parsed.maxValues.${name}`,
    ]);
    const items = [...fields, ...bounds, 'add.stats_parsed.nullCount', 'add.stats_parsed.numRecords'];
    const [row] = await ask(`select ${items.join(', ')} from read_parquet('${path}') where add.path = 'full'`);
    expect(row).toEqual([
      9007199254740993n,
      '123456789012345678.25',
      '2024-01-01T00:00:00.000001Z',
      '2024-02-29',
      true,
      1e21,
      'a b/ü',
      -9223372036854775808n,
      9223372036854775807n,
      '-1234567890123456789012345678.0123456789',
      '0.1000000000',
      expect.stringMatching(/^1900-01-01T00:00:00\.123/),
      expect.stringMatching(/^2024-01-01T00:00:00/),
      expect.stringMatching(/^2024-02-29T23:59:59\.999/),
      expect.stringMatching(/^9999-12-31T00:00:00/),
      '0001-01-01',
      '2024-12-31',
      'ä\u0000"',
      'z',
      -1.5e300,
      0.1,
      -5,
      5,
      expect.anything(),
      3n,
    ]);
    const odd = await ask(
      `select add.path, add.stats_parsed, add.stats from read_parquet('${path}') where add.path in ('odd', 'broken', 'empty') order by 1`,
    );
    expect(odd.map(([name, , text]) => [name, text !== null])).toEqual([
      ['broken', true],
      ['empty', false],
      ['odd', true],
    ]);
  });

  it('reads like the commits that it stands for', async () => {
    for (const configuration of [AS_TYPES, ONLY_TYPES, {}]) {
      const { table, snapshot } = await newTable({ ...configuration, ...policy });
      await writeCheckpoint(table.io, snapshot);
      const read = await fromCheckpoint(table);
      expect([...read.files.keys()].sort()).toEqual([...snapshot.files.keys()].sort());
      expect(read.metadata).toEqual(snapshot.metadata);
      expect(read.protocol).toEqual(snapshot.protocol);
      for (const value of ['9007199254740993', '9007199254740994']) {
        for (const column of ['p_l', 'l']) {
          const predicate = { kind: 'compare', column: [column], operator: '=', value } as const;
          const left = (of: Snapshot): string[] =>
            planScan(of, predicate)
              .files.map(({ key }) => key)
              .sort();
          expect(left(read)).toEqual(left(snapshot));
        }
      }
      const text = read.files.get('full')?.stats;
      expect(text === stats).toBe(configuration !== ONLY_TYPES);
    }
  });
});

describe('_last_checkpoint', () => {
  it('says how large the checkpoint is, and how it can be checked', async () => {
    for (const policy of [{}, V2]) {
      const { table, snapshot } = await newTable(policy);
      await writeCheckpoint(table.io, snapshot);
      const hint: Record<string, unknown> = JSON.parse(
        await readFile(table.locate('_delta_log/_last_checkpoint'), 'utf8'),
      );
      expect(hint).toMatchObject({ version: 0, numOfAddFiles: 4, checksum: expect.stringMatching(/^[0-9a-f]{32}$/) });
      const names = await readdir(table.locate('_delta_log'), { recursive: true, withFileTypes: true });
      expect(names.filter((name) => name.name.includes('.tmp'))).toEqual([]);
      expect(Number(hint['size'])).toBe(6 + (policy === V2 ? 2 : 0));
    }
  });
});

describe('a table whose partition value is not of its type', () => {
  it('gets a checkpoint without types, with all statistics', async () => {
    const { table, snapshot } = await newTable(ONLY_TYPES);
    const wrong = stageAppend(snapshot, {
      nowMs: 1,
      engineInfo: 'test',
      files: [{ path: 'wrong', sizeBytes: 1, modifiedMs: 1, stats, partitionValues: { ...partitions, p_l: 'ten' } }],
    });
    const { commitInfo } = snapshot;
    await writeCheckpoint(table.io, { ...applyStaged(snapshot, wrong), state: 'committed', version: 0, commitInfo });
    const read = await fromCheckpoint(table);
    expect(read.files.get('wrong')?.stats).toBe(stats);
    expect(read.files.get('wrong')?.partitionValues['p_l']).toBe('ten');
  });
});
