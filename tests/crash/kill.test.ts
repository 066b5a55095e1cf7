import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, root, succeed, temporaryFolder } from '../support/command.ts';
import { randomNumbers } from '../../packages/lakesmith/src/core/random-numbers.ts';
import { newestRelease, quarantinedIds, readTable } from '../support/read-lake.ts';
import {
  expectedByKind,
  expectedInQuarantine,
  rowsOfBatch,
  writeBatch,
  writeSmallProject,
} from '../support/small-project.ts';

const kills = Number(process.env['CRASH_KILLS'] ?? 300);
const seed = Number(process.env['CRASH_SEED'] ?? 20260310);

/** Kills of one project: then a new one starts, since a run of many batches takes longer and shows nothing new. */
const killsOfRound = 40;

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => connection.closeSync());

interface Running {
  /** When the run has taken its lease, and writes from now on; or has ended. */
  readonly writes: Promise<unknown>;
  readonly ended: Promise<'killed' | 'ended'>;
  kill(): void;
}

function startRun(folder: string): Running {
  const watcher = watch(join(folder, 'lake/_lakesmith'));
  const child = spawn(
    process.execPath,
    [join(root, 'packages/lakesmith/bin/lakesmith.js'), 'run', '--project', folder],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit').then(([, signal]) => (signal === 'SIGKILL' ? 'killed' : 'ended'));
  return {
    writes: Promise.race([ended, once(watcher, 'change')]).finally(() => watcher.close()),
    ended,
    kill: () => child.kill('SIGKILL'),
  };
}

/** Kills a run some time after it was started, or after it began to write, unless it ended before. */
async function runAndKill(folder: string, from: 'start' | 'writes', afterMs: number): Promise<'killed' | 'ended'> {
  const run = startRun(folder);
  if (from === 'writes') await run.writes;
  if ((await Promise.race([run.ended, sleep(afterMs, 'late' as const)])) === 'late') run.kill();
  await run.writes;
  return await run.ended;
}

/** How long a run takes until it writes, and from then on. */
async function timesOfRun(folder: string): Promise<{ startMs: number; writeMs: number }> {
  const run = startRun(folder);
  const began = performance.now();
  await run.writes;
  const wrote = performance.now();
  expect(await run.ended).toBe('ended');
  return { startMs: wrote - began, writeMs: performance.now() - wrote };
}

/** How many batches the newest release shows, after checking that it shows exactly those. */
async function batchesShown(folder: string): Promise<number> {
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

/** A run that came to its end shows everything, and has kept what it put aside. */
async function expectAll(folder: string, batches: number): Promise<void> {
  expect(await batchesShown(folder)).toBe(batches);
  expect(await quarantinedIds(connection, join(folder, 'lake'))).toEqual(expectedInQuarantine(batches));
}

/** Lands batch after batch and kills the runs that load them; what is shown never goes back, and in the end it is all there. Says how many. */
async function killRuns(folder: string, { kills, seed }: { kills: number; seed: number }): Promise<number> {
  const next = randomNumbers(seed);
  await writeSmallProject(folder);
  await writeBatch(folder, 0);
  await succeed(['run', '--project', folder]);
  await writeBatch(folder, 1);
  const { startMs, writeMs } = await timesOfRun(folder);
  let batches = 2;
  let killed = 0;
  let shown = await batchesShown(folder);
  expect(shown).toBe(2);
  while (killed < kills) {
    await writeBatch(folder, batches);
    batches += 1;
    // Most kills are spread over the time in which a run writes, and some over the time before.
    const early = next() < 0.15;
    const outcome = await runAndKill(folder, early ? 'start' : 'writes', (early ? startMs : writeMs) * next());
    if (outcome === 'killed') killed += 1;
    const now = await batchesShown(folder);
    expect(now).toBeGreaterThanOrEqual(shown);
    shown = now;
    if (outcome === 'killed' && killed % 20 === 0) {
      await succeed(['run', '--project', folder]);
      await expectAll(folder, batches);
      shown = batches;
    }
  }
  await succeed(['run', '--project', folder]);
  await expectAll(folder, batches);
  // Drafts of puts that were killed may lie there until they are swept; they stand for nothing.
  const leftOver = (await readdir(join(folder, 'lake/_lakesmith/intents')).catch(() => [])).filter(
    (name) => !name.startsWith('.tmp-'),
  );
  expect(leftOver).toEqual([]);
  return killed;
}

describe('a run that is killed', () => {
  it(`shows the release before or after, and loses nothing (${kills} kills, seed ${seed})`, async () => {
    const rounds = Array.from({ length: Math.ceil(kills / killsOfRound) }, (_, round) => ({
      kills: Math.min(killsOfRound, kills - round * killsOfRound),
      seed: seed + round,
    }));
    let killed = 0;
    // One project has one run at a time, and leaves the other processors idle.
    const lane = async (): Promise<void> => {
      for (let round = rounds.pop(); round !== undefined; round = rounds.pop()) {
        const folder = await temporaryFolder();
        const more = await killRuns(folder, round);
        killed += more;
        await removeFolder(folder);
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, lane));
    expect(killed).toBe(kills);
  });
});
