import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deletionVectorPath, readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../packages/lakesmith/src/core/clock.ts';
import { randomNumbers } from '../../packages/lakesmith/src/core/random-numbers.test-suite.ts';
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

/** In all; a night has time for thousands. */
const kills = Number(process.env['TABLE_KILLS'] ?? 60);
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

/** Starts a writer, and kills it some time after it has seen that the table holds what its journal says. */
async function writeAndKill(
  { path, journal, writer, alone }: Lane,
  { operations, seed, afterMs }: { readonly operations: number; readonly seed: number; readonly afterMs: number },
): Promise<'killed' | 'ended'> {
  const args = [script, path, journal, String(writer), String(seed), String(operations), ...(alone ? ['alone'] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => {
    expect([code, signal], complaint).toContainEqual(signal === 'SIGKILL' ? 'SIGKILL' : 0);
    return signal === 'SIGKILL' ? 'killed' : 'ended';
  });
  await Promise.race([once(child.stdout, 'data'), ended]);
  if (operations > 0) {
    await Promise.race([sleep(afterMs), ended]);
    child.kill('SIGKILL');
  }
  return await ended;
}

/** Kills a writer again and again, and lets it look a last time. Says how often it was killed. */
async function killWriter(lane: Lane, times: number, first: number): Promise<number> {
  const next = randomNumbers(first);
  let killed = 0;
  while (killed < times) {
    const outcome = await writeAndKill(lane, {
      operations: 1000,
      seed: Math.floor(next() * 2 ** 31),
      afterMs: 20 + 600 * next(),
    });
    if (outcome === 'killed') killed += 1;
  }
  await writeAndKill(lane, { operations: 0, seed: 0, afterMs: 0 });
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
    .filter((name) => !name.startsWith('_delta_log/') && !name.startsWith('_lakesmith/') && !name.startsWith('.tmp-'));
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
    expect(version).toBeGreaterThan(share / 2);
    const findings = await checkTable(table, { deep: true });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    await expectChangesToLeadTo(table, version);
    await expectVacuumed(path, table);
    await succeed(['table', 'delete', path, '--where', 'true']);
    expect(await rowsAt(table)).toEqual([]);
    await removeFolder(folder);
  });
});
