// Asks a question of a Delta table, or of bare Parquet files, a few times: scan-ask.mjs table|files PATH SQL. Prints each time.
import { DuckDBInstance } from '@duckdb/node-api';
import { openQueryEngine } from '../packages/lakesmith/dist/cli/query-engine.js';
import { systemClock } from '../packages/lakesmith/dist/core/clock.js';
import { openDeltaTable } from '../packages/lakesmith/dist/lake/delta-table.js';
import { bindTables } from '../packages/lakesmith/dist/serve/table-question.js';
import { openStore } from '../packages/lakesmith/dist/storage/open.js';

const [, , what, path, sql] = process.argv;

async function askerOfTable() {
  const engine = await openQueryEngine();
  const table = openDeltaTable(await openStore(path), engine, { clock: systemClock });
  return async () => {
    // The log is read and the files are bound each time, as for a question from the shell.
    const { batches } = await engine.query(await bindTables(engine, new Map([['t', table]]), sql));
    let rows = 0;
    for await (const { rowCount } of batches) rows += rowCount;
    return rows;
  };
}

async function askerOfFiles() {
  // As ours: its cache of bytes may answer with what a file held before.
  const options = { enable_external_file_cache: 'false' };
  const connection = await (await DuckDBInstance.create(':memory:', options)).connect();
  await connection.run("set timezone = 'UTC'");
  await connection.run(`create view t as from read_parquet('${path}/*.parquet')`);
  return async () => (await connection.runAndReadAll(sql)).currentRowCount;
}

const ask = await (what === 'table' ? askerOfTable() : askerOfFiles());
const rows = await ask();
const times = [];
for (let i = 0; i < 3; i += 1) {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  if ((await ask()) !== rows) throw new Error('another number of rows');
  const { user, system } = process.cpuUsage(cpu);
  times.push({ wallMs: performance.now() - began, cpuMs: (user + system) / 1000 });
}
console.log(JSON.stringify(times.sort((a, b) => a.wallMs - b.wallMs)[1]));
process.exit();
