// Changes a table until it is killed: write-until-killed.mjs TABLE JOURNAL WRITER SEED OPERATIONS [alone]. Before each operation the
// journal is told what this writer's rows are to become, and after it what came of it. Who starts again looks first whether the table
// holds what the journal says; 'alone', all rows are its own, and it does what would be in the way of others.
import { appendFileSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSnapshot, writeCheckpoint } from '../../packages/delta/dist/index.js';
import { openQueryEngine } from '../../packages/lakesmith/dist/cli/query-engine.js';
import { systemClock } from '../../packages/lakesmith/dist/core/clock.js';
import { alterTable } from '../../packages/lakesmith/dist/lake/alter-table.js';
import { askRows } from '../../packages/lakesmith/dist/lake/ask-rows.js';
import { bindTable } from '../../packages/lakesmith/dist/lake/bind-table.js';
import { openDeltaTable } from '../../packages/lakesmith/dist/lake/delta-table.js';
import { openInputFile } from '../../packages/lakesmith/dist/lake/input-file.js';
import { optimizeTable } from '../../packages/lakesmith/dist/lake/optimize-table.js';
import { restoreTable } from '../../packages/lakesmith/dist/lake/restore-table.js';
import { changeRows } from '../../packages/lakesmith/dist/lake/rewrite-table.js';
import { vacuumTable } from '../../packages/lakesmith/dist/lake/vacuum-table.js';
import { appendRows, overwriteRows } from '../../packages/lakesmith/dist/lake/write-table.js';
import { bindChange } from '../../packages/lakesmith/dist/serve/table-change.js';
import { bindMerge, mergeByKey } from '../../packages/lakesmith/dist/serve/table-merge.js';
import { bindOverwrite } from '../../packages/lakesmith/dist/serve/table-overwrite.js';
import { openStore } from '../../packages/lakesmith/dist/storage/open.js';

const [, , path, journal, writerText, seed, operations, mode] = process.argv;
const writer = Number(writerText);
const alone = mode === 'alone';
const mine = `writer = ${writer}`;
const engine = await openQueryEngine();
const table = openDeltaTable(await openStore(path), engine, { clock: systemClock });

let state = Number(seed);
/** From 0 to below `n`. */
function chance(n) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % n;
}

async function inputOf(rows) {
  const file = `${journal}.rows.ndjson`;
  writeFileSync(file, rows.map(([id, n]) => `${JSON.stringify({ writer, id, n })}\n`).join(''));
  return await openInputFile(engine, file);
}

async function ownRows() {
  const { relation } = await bindTable(table, 't', await readSnapshot(table.io));
  const sql = `select id, n from t where ${mine} order by all`;
  return (await askRows(table, { sql, relations: [relation] })).map(([id, n]) => [Number(id), Number(n)]);
}

const change = async (base, text) => changeRows(table, base, await bindChange(table, base, text));

/** Versions of which all rows are known. */
const known = [];

/** What is done as operation `op`, and what this writer's rows are then. */
function operationOf(kind, op, rows) {
  const fresh = Array.from({ length: 1 + chance(80) }, (_, i) => [op * 1000 + i, 0]);
  // Many rows of a file, which is written anew then, or few, which are marked.
  const m = [3, 41][chance(2)];
  const r = chance(m);
  const isMeant = ([id]) => id % m === r;
  switch (kind) {
    case 'append':
      return appending(op, rows, fresh);
    case 'update':
      return {
        after: rows.map((row) => (isMeant(row) ? [row[0], row[1] + op] : row)),
        act: (base) => change(base, { where: `${mine} and id % ${m} = ${r}`, set: `n = n + ${op}` }),
      };
    case 'delete':
      return {
        after: rows.filter((row) => !isMeant(row)),
        act: (base) => change(base, { where: `${mine} and id % ${m} = ${r}` }),
      };
    case 'merge': {
      const some = rows.filter(isMeant).map(([id]) => [id, op]);
      const set = new Map([...rows, ...some, ...fresh]);
      return {
        after: [...set],
        act: async (base) => {
          const input = await inputOf([...some, ...fresh]);
          const text = mergeByKey(base, input, { key: ['writer', 'id'], insertOnly: false, evolves: false });
          return changeRows(table, base, await bindMerge(table, base, input, text));
        },
      };
    }
    case 'overwrite-where':
      return {
        after: fresh,
        act: async (base) =>
          changeRows(table, base, await bindOverwrite(table, base, await inputOf(fresh), { where: mine })),
      };
    case 'overwrite':
      return { after: fresh, act: async (base) => overwriteRows(table, base, await inputOf(fresh)) };
    case 'restore': {
      const old = known[chance(known.length)];
      if (old === undefined) return appending(op, rows, fresh);
      return {
        after: old.rows,
        act: async (base) =>
          old.version === base.version
            ? undefined
            : restoreTable(table, base, await readSnapshot(table.io, { version: old.version })),
      };
    }
    case 'alter':
      return {
        after: rows,
        act: (base) => alterTable(table, base, { kind: 'properties', set: { 'writer.operation': String(op) } }),
      };
    case 'vacuum':
      return {
        after: rows,
        // Files that nobody ever named, old enough to go: so that there is something to be killed at.
        act: (base) => {
          const old = new Date(Date.now() - 30 * 86_400_000);
          for (let i = 0; i < 20; i += 1) {
            const stray = join(path, `part-stray-${op}-${i}.parquet`);
            writeFileSync(stray, 'x');
            utimesSync(stray, old, old);
          }
          return vacuumTable(table, base, {});
        },
      };
    case 'checkpoint':
      return { after: rows, act: (base) => writeCheckpoint(table.io, base) };
    default:
      return { after: rows, act: (base) => optimizeTable(table, base, {}) };
  }
}

function appending(op, rows, fresh) {
  const txn = { appId: `writer-${writer}`, version: op };
  return {
    after: [...rows, ...fresh],
    fresh,
    act: async (base) => appendRows(table, base, await inputOf(fresh), { txn }),
  };
}

const sorted = (rows) => [...rows].sort(([a], [b]) => a - b);
const note = (line) => appendFileSync(journal, `${JSON.stringify(line)}\n`);

/** What the journal says of this writer's rows, and how far it came. */
function remembered() {
  const lines = existsSync(journal)
    ? readFileSync(journal, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line))
    : [];
  const last = lines.at(-1);
  if (last === undefined) return { op: 0, may: [[]] };
  if (last.rows !== undefined) return { op: last.op, may: [last.rows] };
  return { op: last.op, may: [last.before, last.after], plan: last };
}

const { op: lastOp, may, plan } = remembered();
let rows = await ownRows();
if (!may.some((possible) => JSON.stringify(possible) === JSON.stringify(rows))) {
  console.error(`operation ${lastOp}: the table has ${JSON.stringify(rows)}, not one of ${JSON.stringify(may)}`);
  process.exit(3);
}
if (plan?.fresh !== undefined) {
  // It is not known whether these rows were written. With the same mark they can be written again.
  const { act } = appending(plan.op, plan.before, plan.fresh);
  await act(await readSnapshot(table.io));
  rows = await ownRows();
  if (JSON.stringify(rows) !== JSON.stringify(plan.after)) {
    console.error(`append ${plan.op}, done again: ${JSON.stringify(rows)}, not ${JSON.stringify(plan.after)}`);
    process.exit(3);
  }
}
note({ op: lastOp, rows });
// A character for having looked, and one for each operation that is done.
process.stdout.write('.');

const common = ['append', 'append', 'update', 'delete', 'merge', 'overwrite-where', 'optimize', 'checkpoint'];
const kinds = alone ? [...common, 'overwrite', 'restore', 'alter', 'vacuum'] : common;
for (let op = lastOp + 1; op <= lastOp + Number(operations); op += 1) {
  const kind = kinds[chance(kinds.length)];
  const { act, after, fresh } = operationOf(kind, op, rows);
  note({ op, kind, before: rows, after: sorted(after), fresh });
  try {
    const report = await act(await readSnapshot(table.io));
    rows = sorted(after);
    note({ op, rows });
    if (alone && report?.version !== undefined) known.push({ version: report.version, rows });
  } catch (error) {
    if (error?.code !== 'LS3301') throw error;
    note({ op, rows });
  }
  process.stdout.write('.');
}
await engine.close();
