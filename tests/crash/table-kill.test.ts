import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { deletionVectorPath, readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../packages/lakesmith/src/core/clock.ts';
import { randomNumbers } from '../../packages/lakesmith/src/core/random-numbers.ts';
import { openDuckDb } from '../../packages/lakesmith/src/engine/duckdb/engine.ts';
import type { CellValue, Engine } from '../../packages/lakesmith/src/engine/engine.ts';
import { askRows } from '../../packages/lakesmith/src/lake/ask-rows.ts';
import { bindChanges } from '../../packages/lakesmith/src/lake/bind-changes.ts';
import { bindTable } from '../../packages/lakesmith/src/lake/bind-table.ts';
import { checkTable } from '../../packages/lakesmith/src/lake/check-table.ts';
import type { DeltaTable } from '../../packages/lakesmith/src/lake/delta-table.ts';
import { openDeltaTable } from '../../packages/lakesmith/src/lake/delta-table.ts';
import { openStore } from '../../packages/lakesmith/src/storage/open.ts';
import { removeFolder, root, succeed, temporaryFolder } from '../support/command.ts';

/** In all; `npm run test:long -- kills` has thousands. */
const kills = Number(process.env['TABLE_KILLS'] ?? 300);
const seed = Number(process.env['CRASH_SEED'] ?? 20260310);

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckDb({});
});
afterAll(() => engine.close());

interface Lane {
  readonly path: string;
  readonly journal: string;
  readonly writer: number;
  readonly alone: boolean;
}

const script = join(root, 'tests/support/write-until-killed.mjs');

interface Life {
  readonly operations: number;
  readonly seed: number;
  /** It is killed in the midst of the operation after so many, or after having looked. */
  readonly after: number;
  /** How much of the time that an operation takes here and now goes by before. */
  readonly share: number;
}

/** Starts a writer, and kills it some time after it has seen that the table holds what its journal says. */
async function writeAndKill(
  { path, journal, writer, alone }: Lane,
  { operations, seed, after, share }: Life,
): Promise<'killed' | 'ended'> {
  const args = [script, path, journal, String(writer), String(seed), String(operations), ...(alone ? ['alone'] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => {
    expect([code, signal], complaint).toContainEqual(signal === 'SIGKILL' ? 'SIGKILL' : 0);
    return signal === 'SIGKILL' ? 'killed' : 'ended';
  });
  const steps = new Steps(child.stdout);
  const readyMs = await Promise.race([steps.reached(1), ended]);
  if (operations > 0) {
    const atMs = await Promise.race([steps.reached(1 + after), ended]);
    const isKnown = typeof readyMs === 'number' && typeof atMs === 'number' && after > 0;
    await Promise.race([sleep(share * (isKnown ? (atMs - readyMs) / after : 300)), ended]);
    child.kill('SIGKILL');
  }
  return await ended;
}

/** Counts what a writer has told. */
class Steps {
  private readonly stream: Readable;
  private told = 0;

  constructor(stream: Readable) {
    this.stream = stream.on('data', (chunk: Buffer) => (this.told += chunk.length));
  }

  /** Waits until so much was told; gives the time then. */
  async reached(count: number): Promise<number> {
    while (this.told < count) await once(this.stream, 'data');
    return performance.now();
  }
}

/** Kills a writer again and again, and lets it look a last time. Says how often it was killed. */
async function killWriter(lane: Lane, times: number, first: number): Promise<number> {
  const next = randomNumbers(first);
  let killed = 0;
  while (killed < times) {
    const outcome = await writeAndKill(lane, {
      operations: 1000,
      seed: Math.floor(next() * 2 ** 31),
      after: Math.floor(next() * 3),
      share: next(),
    });
    if (outcome === 'killed') killed += 1;
  }
  await writeAndKill(lane, { operations: 0, seed: 0, after: 0, share: 0 });
  return killed;
}

const open = async (path: string): Promise<DeltaTable> =>
  openDeltaTable(await openStore(path), engine, { clock: systemClock });

async function rowsAt(table: DeltaTable, version?: number): Promise<string[]> {
  const { relation } = await bindTable(
    table,
    't',
    await readSnapshot(table.io, version === undefined ? {} : { version }),
  );
  return told(await askRows(table, { sql: 'select writer, id, n from t', relations: [relation] }));
}

const told = (rows: readonly (readonly CellValue[])[]): string[] => rows.map((row) => row.map(String).join(' ')).sort();

/** What the table tells of its changes, done one after the other, leads to what it has at each version. */
async function expectChangesToLeadTo(table: DeltaTable, newest: number): Promise<void> {
  const { relations } = await bindChanges(table, 'c', { from: 1 });
  const sql = `select _commit_version, _change_type in ('insert', 'update_postimage'), writer, id, n from c order by 1, 2`;
  const rows = new Set<string>();
  let version = 0;
  const check = async (): Promise<void> => {
    // To look at every version would take longer than all else.
    if (version % 7 === 0 || version === newest)
      expect([...rows].sort(), `version ${version}`).toEqual(await rowsAt(table, version));
  };
  for (const [of, comes, ...row] of await askRows(table, { sql, relations })) {
    if (Number(of) !== version) await check();
    version = Number(of);
    const text = row.map(String).join(' ');
    expect(rows.has(text), `version ${version}, ${text}`).toBe(comes !== true);
    if (comes === true) rows.add(text);
    else rows.delete(text);
  }
  expect([...rows].sort()).toEqual(await rowsAt(table));
}

/** Files that belong to no version any more go, and nothing else does. */
async function expectVacuumed(path: string, table: DeltaTable): Promise<void> {
  const before = await rowsAt(table);
  await sleep(20);
  await succeed(['table', 'vacuum', path, '--retain', '0h', '--force']);
  const snapshot = await readSnapshot(table.io);
  const needed = [...snapshot.files.values()].flatMap(({ path, deletionVector: vector }) => [
    path,
    ...(vector?.storageType === 'u' ? [deletionVectorPath(vector) ?? ''] : []),
  ]);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const there = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .filter(
      (name) =>
        !name.startsWith('_delta_log/') && !name.startsWith('_lakesmith/') && !basename(name).startsWith('.tmp-'),
    );
  expect(there.sort()).toEqual([...new Set(needed)].sort());
  expect(await rowsAt(table)).toEqual(before);
}

describe('writers that are killed', () => {
  const share = Math.ceil(kills / 3);
  it.each([
    { name: 'several, marking rows', writers: 3, alone: false, properties: ['delta.enableDeletionVectors=true'] },
    { name: 'several, writing files anew', writers: 3, alone: false, properties: [] },
    { name: 'one, doing everything', writers: 1, alone: true, properties: ['delta.enableDeletionVectors=true'] },
  ])(`lose and double no row, whatever they were doing: $name (${share} kills, seed ${seed})`, async (one) => {
    const folder = await temporaryFolder();
    const path = join(folder, 't');
    const properties = [...one.properties, 'delta.enableChangeDataFeed=true', 'delta.checkpointInterval=5'];
    const schema = ['--schema', 'writer BIGINT, id BIGINT, n BIGINT'];
    const partitions = one.alone ? [] : ['--partition-by', 'writer'];
    await succeed(['table', 'create', path, ...schema, ...partitions, '--property', ...properties]);
    const lanes = Array.from({ length: one.writers }, (_, writer) =>
      killWriter(
        { path, journal: join(folder, `journal-${writer}`), writer, alone: one.alone },
        Math.ceil(share / one.writers),
        seed + writer,
      ),
    );
    for (const killed of await Promise.all(lanes)) expect(killed).toBe(Math.ceil(share / one.writers));
    const table = await open(path);
    const rows = await rowsAt(table);
    expect(new Set(rows.map((row) => row.split(' ', 2).join(' '))).size).toBe(rows.length);
    const { version } = await readSnapshot(table.io);
    expect(version).toBeGreaterThan(share / 5);
    const findings = await checkTable(table, { deep: true });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    await expectChangesToLeadTo(table, version);
    await expectVacuumed(path, table);
    await succeed(['table', 'delete', path, '--where', 'true']);
    expect(await rowsAt(table)).toEqual([]);
    await removeFolder(folder);
  });
});
