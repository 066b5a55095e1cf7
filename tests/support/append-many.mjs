// Appends to a table that others append to as well: append-many.mjs TABLE APPENDS NUMBER. Each row says who wrote it and when.
import { followSnapshot, readSnapshot, stageAppend } from '../../packages/delta/dist/index.js';
import { openQueryEngine } from '../../packages/lakesmith/dist/cli/query-engine.js';
import { systemClock } from '../../packages/lakesmith/dist/core/clock.js';
import { openDeltaTable } from '../../packages/lakesmith/dist/lake/delta-table.js';
import { writeRows } from '../../packages/lakesmith/dist/lake/table-rows.js';
import { commitWrite, detailsOf } from '../../packages/lakesmith/dist/lake/write-table.js';
import { openStore } from '../../packages/lakesmith/dist/storage/open.js';

const [, , path, appends, number] = process.argv;
const engine = await openQueryEngine();
const table = openDeltaTable(await openStore(path), engine, { clock: systemClock });
let base = await readSnapshot(table.io);
for (let i = 0; i < Number(appends); i += 1) {
  base = await followSnapshot(table.io, base);
  const sql = `select ${number}::bigint, ${i}::bigint, range::bigint from range(10)`;
  const files = await writeRows(table, base, { sql, relations: [] });
  await commitWrite(table, stageAppend(base, { ...detailsOf(table), files }), { operation: 'WRITE', files, base });
}
await engine.close();
