import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rowsOf } from '../contract/bench.test-suite.ts';
import { engineContract } from '../contract/engine.test-suite.ts';
import { openDuckDb } from './engine.ts';

engineContract('DuckDB in this process', openDuckDb);

it('reads times in the zone of each request, whatever the one before had', async () => {
  const engine = await openDuckDb({ threads: 1 });
  const sql = "select timestamptz '2026-01-01 00:00:00+00'::varchar";
  const zones = ['UTC', 'Europe/Vienna', 'UTC', 'Asia/Tokyo'];
  const told = await Promise.all(zones.map((timezone) => rowsOf(engine, { sql, timezone })));
  await engine.close();
  expect(told.flat(2)).toEqual([
    '2026-01-01 00:00:00+00',
    '2026-01-01 01:00:00+01',
    '2026-01-01 00:00:00+00',
    '2026-01-01 09:00:00+09',
  ]);
});

it('closes when what runs has come to its end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lakesmith-engine-'));
  const engine = await openDuckDb({ threads: 1 });
  const ended: string[] = [];
  const request = {
    relations: [],
    timezone: 'UTC',
    folder,
    columns: [{ name: 'n', type: 'long' }],
    fieldIds: {},
  } as const;
  const sql = 'select count(distinct hash(range))::bigint as n from range(500000)';
  const works = ['a', 'b', 'c'].map(async (name) => {
    const files = await engine.stage({ ...request, sql, fileName: `${name}.parquet` });
    ended.push(name);
    return files;
  });
  await engine.close();
  ended.push('closed');
  expect((await Promise.all(works)).map((files) => files.length)).toEqual([1, 1, 1]);
  expect(ended.at(-1)).toBe('closed');
  await rm(folder, { recursive: true, force: true });
});
