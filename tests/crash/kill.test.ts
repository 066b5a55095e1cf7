import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, root, succeed, temporaryFolder } from '../support/command.ts';
import { newestRelease, readTable } from '../support/read-lake.ts';
import { expectedByKind, rowsOfBatch, writeBatch, writeSmallProject } from '../support/small-project.ts';

const kills = Number(process.env['CRASH_KILLS'] ?? 300);
const seed = Number(process.env['CRASH_SEED'] ?? 20260310);

let folder = '';
let connection: DuckDBConnection;
beforeAll(async () => {
  folder = await temporaryFolder();
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  await writeSmallProject(folder);
});
afterAll(async () => {
  connection.closeSync();
  await removeFolder(folder);
});

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function numbersFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Starts a run and kills it, unless it ended before. */
async function runAndKill(afterMs: number): Promise<'killed' | 'ended'> {
  const child = spawn(
    process.execPath,
    [join(root, 'packages/lakesmith/bin/lakesmith.js'), 'run', '--project', folder],
    { stdio: 'ignore' },
  );
  const ended = new Promise<'killed' | 'ended'>((resolve) => {
    child.on('exit', (_, signal) => resolve(signal === 'SIGKILL' ? 'killed' : 'ended'));
  });
  const outcome = await Promise.race([ended, sleep(afterMs, 'late' as const)]);
  if (outcome === 'late') child.kill('SIGKILL');
  return await ended;
}

/** How many batches the newest release shows, after checking that it shows exactly those. */
async function batchesShown(): Promise<number> {
  const lake = join(folder, 'lake');
  const release = await newestRelease(lake);
  if (release === undefined) return 0;
  const at = async (table: string, select: string): Promise<unknown[][]> => {
    const { path, version } = release.tables[table] ?? { path: '', version: -1 };
    return await readTable(connection, join(lake, path), version, select);
  };
  const [[batches, rows, ids] = []] = await at(
    'bronze.events',
    'select max(batch)::int + 1, count(*)::int, count(distinct (batch, id))::int from $table',
  );
  expect([rows, ids]).toEqual([Number(batches) * rowsOfBatch, Number(batches) * rowsOfBatch]);
  expect(await at('silver.flat', 'select count(*)::int, sum(doubled)::int from $table')).toEqual(
    await at('bronze.events', 'select count(*)::int, sum(amount * 2)::int from $table'),
  );
  const byKind = await at('gold.by_kind', 'select kind, events::int, amount::int from $table order by kind');
  expect(byKind).toEqual(expectedByKind(Number(batches)));
  return Number(batches);
}

describe('a run that is killed', () => {
  it(`shows the release before or after, and loses nothing (${kills} kills, seed ${seed})`, async () => {
    const next = numbersFrom(seed);
    await writeBatch(folder, 0);
    await succeed(['run', '--project', folder]);
    let batches = 1;
    let killed = 0;
    let shown = await batchesShown();
    expect(shown).toBe(1);
    const began = performance.now();
    await succeed(['plan', '--project', folder]);
    const startMs = performance.now() - began;
    while (killed < kills) {
      await writeBatch(folder, batches);
      batches += 1;
      // Kills are spread over the time from the first look at the lake to well after a usual run.
      if ((await runAndKill(startMs * (0.5 + 2 * next()))) === 'killed') killed += 1;
      const now = await batchesShown();
      expect(now).toBeGreaterThanOrEqual(shown);
      shown = now;
      if (killed % 25 === 0) {
        await succeed(['run', '--project', folder]);
        expect(await batchesShown()).toBe(batches);
        shown = batches;
      }
    }
    await succeed(['run', '--project', folder]);
    expect(await batchesShown()).toBe(batches);
    // Drafts of puts that were killed may lie there until they are swept; they stand for nothing.
    const leftOver = (await readdir(join(folder, 'lake/_lakesmith/intents')).catch(() => [])).filter(
      (name) => !name.startsWith('.tmp-'),
    );
    expect(leftOver).toEqual([]);
  });
});
