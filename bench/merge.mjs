import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, medians, program } from './measure.mjs';
import { columns, like, select } from './orders.mjs';
import { peerPython } from './peer-python.mjs';
import { folder, raw, rounded } from './setting.mjs';

const otherMerger = fileURLToPath(new URL('merge-delta-rs.py', import.meta.url));
const rows = Number(process.env.BENCH_ROWS ?? 10_000_000);
const fileCount = 20;
const size = Math.ceil(rows / fileCount);

const changed = { ...columns, amount: '((hash(i + 1) % 1000000) / 100.0 + 1)::decimal(12,2)', note: "'changed'" };

const at = (name) => join(folder, name);

/** The table, the rows to be merged, and the same table with deletion vectors. */
function prepare() {
  mkdirSync(at('in'));
  const copies = Array.from({ length: fileCount }, (_, i) => {
    const range = [i * size, Math.min(rows, (i + 1) * size)];
    return `copy (${select(columns, range)}) to '${at(`in/${i}.parquet`)}' (${like})`;
  });
  const one = Math.floor(fileCount / 2) * size;
  raw('merge-data', [
    "set timezone = 'UTC'",
    ...copies,
    `copy (${select(changed, [37, rows, 100])}) to '${at('scattered.parquet')}' (${like})`,
    `copy (${select(changed, [one, one + rows / 100])}) to '${at('clustered.parquet')}' (${like})`,
  ])();
  const lakesmith = (...args) => measure(folder, [program, 'table', ...args]);
  for (let i = 0; i < fileCount; i += 1)
    lakesmith('append', at('plain'), '--from', at(`in/${i}.parquet`), ...(i === 0 ? ['--create'] : []));
  const schema =
    'order_id BIGINT, customer_id BIGINT, ordered_on DATE, ordered_at TIMESTAMP WITH TIME ZONE, amount DECIMAL(12,2), qty INTEGER, country VARCHAR, channel VARCHAR, sku VARCHAR, note VARCHAR';
  lakesmith('create', at('vectors'), '--schema', schema, '--property', 'delta.enableDeletionVectors=true');
  for (let i = 0; i < fileCount; i += 1) lakesmith('append', at('vectors'), '--from', at(`in/${i}.parquet`));
}

const fresh = (kind) => {
  rmSync(at('work'), { recursive: true, force: true });
  cpSync(at(kind), at('work'), { recursive: true });
  return at('work');
};

function otherMerge(python, source) {
  const { stdout, stderr, status } = spawnSync(python, [otherMerger, fresh('plain'), at(`${source}.parquet`)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** One row in a hundred merged by its key, as whole commands: scattered over all files, and in one. */
export function merge() {
  prepare();
  const merging = (kind, source) => () =>
    measure(folder, [program, 'table', 'merge', fresh(kind), '--from', at(`${source}.parquet`), '--key', 'order_id']);
  const all = `copy (from read_parquet('${at('in')}/*.parquet')) to '${at('all.parquet')}' (${like})`;
  const asked = { rows };
  const names = ['scattered', 'clustered', 'scattered, with deletion vectors'];
  const [copied, ...merges] = medians(3, [
    raw('merge-copy', [all], { preserve_insertion_order: 'false' }),
    merging('plain', 'scattered'),
    merging('plain', 'clustered'),
    merging('vectors', 'scattered'),
  ]);
  asked["the engine's COPY of all rows: CPU s"] = rounded(copied.cpuMs / 1000, 2);
  for (const [i, { cpuMs, wallMs, rssMb }] of merges.entries())
    asked[`${names[i]}: CPU s, wall s, MB`] =
      `${rounded(cpuMs / 1000, 2)}, ${rounded(wallMs / 1000, 2)}, ${rounded(rssMb)}`;
  const python = peerPython('main');
  if (python === undefined) return asked;
  for (const source of ['scattered', 'clustered']) {
    const { cpuMs, wallMs, rssMb } = otherMerge(python, source);
    asked[`${source}, delta-rs: CPU s, wall s, MB`] =
      `${rounded(cpuMs / 1000, 2)}, ${rounded(wallMs / 1000, 2)}, ${rounded(rssMb)}`;
  }
  return asked;
}
