import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rowsOf } from '../contract/bench.test-suite.ts';
import { engineContract } from '../contract/engine.test-suite.ts';
import { openDuckDbProcess, startEngineProcess } from './child.ts';

engineContract('DuckDB in a process of its own', openDuckDbProcess);

const endless = 'select count(*) as n from range(100000000) a(x), range(100000) b(y) where (a.x * b.y) % 7 = 3';

describe('the engine process', () => {
  it('fails every call in flight when it dies, and serves the next one', async () => {
    const started: ChildProcess[] = [];
    const engine = await openDuckDbProcess({}, (options) => {
      const child = startEngineProcess(options);
      started.push(child);
      return child;
    });
    try {
      const calls = [1, 2].map((n) => rowsOf(engine, { sql: `${endless} and a.x <> ${n}` }));
      const settled = Promise.allSettled(calls);
      const reader = await engine.query({ sql: 'select * from range(100000000)', relations: [], timezone: 'UTC' });
      expect(started).toHaveLength(1);
      started[0]?.kill('SIGKILL');
      for (const outcome of await settled)
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'LS2104', retry: 'safe' } });
      await expect(async () => {
        for await (const _ of reader.batches);
      }).rejects.toMatchObject({ code: 'LS2104' });
      expect(await rowsOf(engine, { sql: 'select 1' })).toEqual([[1]]);
      expect(started).toHaveLength(2);
    } finally {
      await engine.close();
    }
  });

  it('computes rows only as they are asked for', async () => {
    const engine = await openDuckDbProcess({ memoryBytes: 200_000_000 });
    try {
      const { batches } = await engine.query({
        sql: "select range, repeat('x', 1000) from range(5000000)",
        relations: [],
        timezone: 'UTC',
      });
      let rows = 0;
      for await (const batch of batches) {
        rows += batch.rowCount;
        if (rows > 20_000) break;
      }
      expect(rows).toBeLessThan(30_000);
      expect(await rowsOf(engine, { sql: 'select 1' })).toEqual([[1]]);
    } finally {
      await engine.close();
    }
  });

  it('tells why it could not open', async () => {
    await expect(openDuckDbProcess({ tempFolder: 'not/absolute' })).rejects.toMatchObject({
      code: 'LS2101',
      message: expect.stringContaining('absolute'),
    });
  });

  it('is gone when its program is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lakesmith-child-'));
    const child = startEngineProcess({});
    const question = {
      sql: endless,
      relations: [],
      timezone: 'UTC',
      folder,
      fileName: 'x.parquet',
      columns: [{ name: 'n', type: 'long' }],
      fieldIds: {},
    };
    child.send({ kind: 'call', id: 1, verb: 'stage', question, progress: false });
    child.send({ kind: 'call', id: 2, verb: 'parse', question: ['select 1'], progress: false });
    await once(child, 'message');
    const gone = once(child, 'exit');
    child.disconnect();
    await gone;
    await rm(folder, { recursive: true, force: true });
    expect(child.connected).toBe(false);
  });
});
