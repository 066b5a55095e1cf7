// The engine and the disk alone: raw-appends.mjs FOLDER COMMITS ROWS writes so many rows and a small file beside them, and gives that its name when both
// are flushed, as a commit does. No table comes of it.
import { createRequire } from 'node:module';
import { link, mkdir, open, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commitTimes } from './commit-times.mjs';

const require = createRequire(new URL('../packages/lakesmith/package.json', import.meta.url));
const { DuckDBInstance } = require('@duckdb/node-api');
const [, , folder, commits, rows] = process.argv;
const log = join(folder, 'log');
await mkdir(log, { recursive: true });
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const sql = `select range::bigint as id, 'name ' || range as name, (range / 100)::decimal(12,2) as amount, range * 1.5 as price from range(${rows})`;

async function flush(path) {
  const file = await open(path, 'r');
  await file.sync();
  await file.close();
}

const times = commitTimes();
for (let i = 0; i < Number(commits); i += 1) {
  const start = performance.now();
  const [data, draft] = [join(folder, `${i}.parquet`), join(log, 'draft')];
  await connection.run(`copy (${sql}) to '${data}' (format parquet, compression zstd, return_stats)`);
  await writeFile(draft, Buffer.alloc(1024, 'x'));
  await Promise.all([data, folder, draft].map(flush));
  await link(draft, join(log, String(i)));
  await flush(log);
  await unlink(draft);
  times.took(performance.now() - start);
}
console.log(JSON.stringify(times.told()));
