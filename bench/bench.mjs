// npm run bench [-- start tables models tests csv log commits writers scan append merge optimize diff refresh retail]: how fast, as ratios against others in the same run.
import { existsSync, rmSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { append } from './append.mjs';
import { commits } from './commits.mjs';
import { csv } from './csv.mjs';
import { diff } from './diff.mjs';
import { log } from './log.mjs';
import { merge } from './merge.mjs';
import { models } from './models.mjs';
import { optimize } from './optimize.mjs';
import { scan } from './scan.mjs';
import { refresh } from './refresh.mjs';
import { retail } from './retail.mjs';
import { folder, rounded } from './setting.mjs';
import { start } from './start.mjs';
import { tables } from './tables.mjs';
import { tests } from './tests.mjs';
import { writers } from './writers.mjs';

const benches = {
  start,
  tables,
  models,
  tests,
  csv,
  log,
  commits,
  writers,
  scan,
  append,
  merge,
  optimize,
  diff,
  refresh,
  retail,
};
const wanted = process.argv.slice(2);

try {
  console.log(`node ${process.versions.node} · ${cpus().length} cores · ${rounded(totalmem() / 2 ** 30)} GB`);
  for (const [name, bench] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.log(`\n${name}`);
    for (const [what, value] of Object.entries(await bench())) console.log(`  ${what}: ${value}`);
  }
} finally {
  if (existsSync(folder)) rmSync(folder, { recursive: true });
}
