// Appends to a table again and again, and tells what each commit cost: commits-write.mjs TABLE COMMITS ROWS AT_A_TIME. With 0 rows, of files that
// nobody writes. With `gated` at the end the table is there already, and others append to it at the same time.
import { mkdirSync } from 'node:fs';
import { buildStats, readSnapshot, stageAppend } from '../packages/delta/dist/index.js';
import { openQueryEngine } from '../packages/lakesmith/dist/cli/query-engine.js';
import { systemClock } from '../packages/lakesmith/dist/core/clock.js';
import { newestVersion, openDeltaTable } from '../packages/lakesmith/dist/lake/delta-table.js';
import { writeRows } from '../packages/lakesmith/dist/lake/table-rows.js';
import { commitWrite, createTable, detailsOf } from '../packages/lakesmith/dist/lake/write-table.js';
import { openStore } from '../packages/lakesmith/dist/storage/open.js';
import { commitTimes } from './commit-times.mjs';
import { gate } from './gate.mjs';

const [, , path, commits, rows, atATime, gated] = process.argv;
mkdirSync(path, { recursive: true });
const engine = await openQueryEngine();
const table = openDeltaTable(await openStore(path), engine, { clock: systemClock });
const types = { id: 'long', name: 'string', amount: 'decimal(12,2)', price: 'double' };
if (gated === undefined)
  await createTable(table, { columns: Object.entries(types).map(([name, type]) => ({ name, type, nullable: true })) });
const sql = `select range::bigint, 'name ' || range, (range / 100)::decimal(12,2), range * 1.5 from range(${rows})`;

const ready = (base, i) => {
  const bounds = { nullCount: 0, min: '0', max: '999', hasNan: false };
  const columns = Object.fromEntries(Object.keys(types).map((name) => [name, bounds]));
  const stats = buildStats(base.schema, { rows: 1000, columns });
  return [{ path: `part-${i}-c000.zstd.parquet`, sizeBytes: 10_000, modifiedMs: Date.now(), stats }];
};

const first = await readSnapshot(table.io);
if (gated !== undefined) await gate();
const times = commitTimes();
let begun = 0;
const lane = async () => {
  let base = first;
  while (begun < commits) {
    const i = begun++;
    const start = performance.now();
    base = await newestVersion(table, base);
    const files = rows === '0' ? ready(base, i) : await writeRows(table, base, { sql, relations: [], loose: true });
    const staged = stageAppend(base, { ...detailsOf(table), files });
    await commitWrite(table, staged, { operation: 'WRITE', files, base });
    times.took(performance.now() - start);
  }
};
await Promise.all(Array.from({ length: Number(atATime) }, lane));
const told = times.told();
if (gated === undefined && (await readSnapshot(table.io)).files.size !== Number(commits))
  throw new Error('a commit is missing');
console.log(JSON.stringify(told));
await engine.close();
