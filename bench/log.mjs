import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure } from './measure.mjs';
import { peerPython } from './peer-python.mjs';
import { folder, rounded } from './setting.mjs';

const reader = fileURLToPath(new URL('log-read.mjs', import.meta.url));
const otherReader = fileURLToPath(new URL('log-delta-rs.py', import.meta.url));
const fileCount = Number(process.env.BENCH_FILES ?? 100_000);
const commitCount = Number(process.env.BENCH_COMMITS ?? 10_000);

const columns = Object.entries({
  day: 'date',
  id: 'long',
  customer: 'long',
  at: 'timestamp',
  amount: 'decimal(12,2)',
  price: 'double',
  qty: 'integer',
  country: 'string',
  sku: 'string',
  note: 'string',
});

const commitName = (version) => `${String(version).padStart(20, '0')}.json`;
const line = (action) => `${JSON.stringify(action)}\n`;

function tableOf(name) {
  const at = join(folder, name);
  mkdirSync(join(at, '_delta_log'), { recursive: true });
  const fields = columns.map(([column, type]) => ({ name: column, type, nullable: true, metadata: {} }));
  const metaData = {
    id: '4b3a2c1e-0000-4000-8000-000000000000',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({ type: 'struct', fields }),
    partitionColumns: ['day'],
    configuration: {},
    createdTime: 1_700_000_000_000,
  };
  const protocol = { minReaderVersion: 1, minWriterVersion: 2 };
  return { log: join(at, '_delta_log'), path: at, first: line({ protocol }) + line({ metaData }) };
}

function addOf(i) {
  const day = new Date(Date.UTC(2024, 0, 1) + Math.floor(i / 250) * 86_400_000).toISOString().slice(0, 10);
  const hex = (i * 2_654_435_761).toString(16).padStart(12, '0').slice(-12);
  const instant = (offset) => new Date(1_700_000_000_000 + i * 60_000 + offset).toISOString();
  const stats = {
    numRecords: 10_000 + (i % 100),
    minValues: {
      id: i * 10_000,
      customer: i % 977,
      at: instant(0),
      amount: 0.01,
      price: 0.5,
      qty: 1,
      country: 'AT',
      sku: 'sku0001',
      note: `note ${i}`,
    },
    maxValues: {
      id: i * 10_000 + 9_999,
      customer: 1_000_000 - (i % 977),
      at: instant(59_999),
      amount: 9999.99,
      price: 99.25,
      qty: 9,
      country: 'US',
      sku: 'sku4999',
      note: `notes ${i}`,
    },
    nullCount: { id: 0, customer: 0, at: 0, amount: 0, price: 0, qty: 0, country: 0, sku: 0, note: i % 7 },
  };
  return line({
    add: {
      path: `day=${day}/part-00000-9b1d1c1e-7d0f-4f0a-8a51-${hex}-c000.snappy.parquet`,
      partitionValues: { day },
      size: 400_000 + (i % 1000),
      modificationTime: 1_700_000_000_000 + i,
      dataChange: true,
      stats: JSON.stringify(stats),
    },
  });
}

const commitInfo = (i) => line({ commitInfo: { timestamp: 1_700_000_000_000 + i, operation: 'WRITE' } });

/** A table whose files nobody reads: all of its log in one commit. */
function largeTable() {
  const { log, path, first } = tableOf('large');
  const file = join(log, commitName(0));
  writeFileSync(file, commitInfo(0) + first);
  for (let from = 0; from < fileCount; from += 10_000) {
    const some = Array.from({ length: Math.min(10_000, fileCount - from) }, (_, i) => addOf(from + i));
    appendFileSync(file, some.join(''));
  }
  return path;
}

function manyCommits() {
  const { log, path, first } = tableOf('commits');
  for (let i = 0; i < commitCount; i += 1)
    writeFileSync(join(log, commitName(i)), commitInfo(i) + (i === 0 ? first : '') + addOf(i));
  return path;
}

function ours(...args) {
  const { stdout, rssMb } = measure(folder, [reader, ...args]);
  return { ...JSON.parse(stdout), rssMb };
}

const python = peerPython('main');

function deltaRs(...args) {
  const { status, stdout, stderr } = spawnSync(python, [otherReader, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Several runs, each figure the one in the middle. */
function middle(times, run) {
  const all = Array.from({ length: times }, run);
  const of = (name) => all.map((one) => one[name]).sort((a, b) => a - b)[times >> 1];
  return Object.fromEntries(Object.keys(all[0]).map((name) => [name, of(name)]));
}

/** What a table's log costs to read: in one commit, in a checkpoint, in many commits, and when a little is new. */
export function log() {
  const inCommit = largeTable();
  const inCheckpoint = join(folder, 'checkpoint');
  cpSync(inCommit, inCheckpoint, { recursive: true });
  ours('checkpoint', inCheckpoint);
  const inCommits = manyCommits();
  const hasDeltaRs = python !== undefined;
  const figures = {};
  for (const [what, path] of Object.entries({
    [`${fileCount} files in one commit`]: inCommit,
    [`${fileCount} files in a checkpoint`]: inCheckpoint,
    [`${commitCount} commits`]: inCommits,
  })) {
    const own = middle(5, () => ours('read', path));
    const both = (ms, cpuMs, digits = 0) => `${rounded(ms, digits)} (CPU ${rounded(cpuMs, digits)})`;
    figures[`${what}: snapshot, ms`] = both(own.snapshotMs, own.snapshotCpuMs);
    figures[`${what}: files that a predicate leaves, the first time, ms`] = both(own.firstPruneMs, own.firstPruneCpuMs);
    figures[`${what}: snapshot and first predicate together, ms`] = both(own.toFirstPruneMs, own.toFirstPruneCpuMs);
    figures[`${what}: another value of that column, ms`] = rounded(own.pruneMs, 1);
    figures[`${what}: all files, ms`] = both(own.allMs, own.allCpuMs);
    figures[`${what}: peak memory, MB`] = rounded(own.rssMb);
    if (!hasDeltaRs) continue;
    const other = middle(3, () => deltaRs('read', path));
    figures[`${what}: delta-rs, ms`] = rounded(other.snapshotMs);
    figures[`${what}: times as fast as delta-rs`] = rounded(other.snapshotMs / own.snapshotMs, 1);
  }
  const more = middle(3, () => ours('refresh', inCheckpoint));
  figures['one more commit: refresh, ms'] = `${rounded(more.refreshMs, 2)} (CPU ${rounded(more.refreshCpuMs, 2)})`;
  figures['one more commit: ... and a predicate, ms'] =
    `${rounded(more.pruneMs, 2)} (CPU ${rounded(more.pruneCpuMs, 2)})`;
  if (hasDeltaRs) figures['one more commit: delta-rs, ms'] = rounded(deltaRs('refresh', inCheckpoint).refreshMs, 2);
  else figures['delta-rs'] = 'is not installed here';
  return figures;
}
