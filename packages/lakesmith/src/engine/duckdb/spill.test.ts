import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rowsOf } from '../contract/bench.test-suite.ts';
import { openDuckDb } from './engine.ts';

let tempFolder = '';
beforeEach(async () => {
  tempFolder = await mkdtemp(join(tmpdir(), 'lakesmith-test-'));
});
afterEach(() => rm(tempFolder, { recursive: true, force: true }));

const count = 1_500_000;

/** Numbers in the order of their hashes, each with the one before: more than fits. */
const sorted = `select count(*) filter (p is null or hash(p) <= hash(x)) as fine, sum(x)::varchar as total
  from (select x, lag(x) over (order by hash(x)) as p from range(${count}) t(x))`;

it('engines of several programs spill to the same place, each by itself, and leave nothing', async () => {
  const engines = await Promise.all(
    [1, 2].map(() => openDuckDb({ memoryBytes: 48 * 2 ** 20, threads: 2, tempFolder })),
  );
  try {
    expect(await readdir(tempFolder)).toHaveLength(2);
    const asked = engines.map((engine) => rowsOf(engine, { sql: sorted }));
    for (const rows of await Promise.all(asked)) expect(rows).toEqual([[BigInt(count), '1124999250000']]);
  } finally {
    await Promise.all(engines.map((engine) => engine.close()));
  }
  expect(await readdir(tempFolder)).toEqual([]);
});
