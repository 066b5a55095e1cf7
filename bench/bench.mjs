// npm run bench [-- start tables csv]: how fast, as ratios against the engine alone in the same run.
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, median, medians, program } from './measure.mjs';

const rawCopy = fileURLToPath(new URL('raw-copy.mjs', import.meta.url));
const csvRows = Number(process.env.BENCH_ROWS ?? 20_000_000);
const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'lakesmith-bench-'));
const rounded = (value, digits = 0) => Number(value.toFixed(digits));

function raw(name, statements, settings = {}) {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ settings, statements }));
  return () => measure(folder, [rawCopy, file]);
}

function project(name, files) {
  const at = join(folder, name);
  for (const [path, text] of Object.entries({
    'lakesmith.yml': `lakesmith: 1\nname: ${name}\nlake: ./lake\ntimezone: UTC\n`,
    ...files,
  })) {
    mkdirSync(join(at, path, '..'), { recursive: true });
    writeFileSync(join(at, path), text);
  }
  return at;
}

const lakesmith = (...args) => measure(folder, [program, ...args]);

/** How long until something happens, and how long it takes to see that nothing has to. */
function start() {
  const bare = median(9, () => measure(folder, ['-e', '0']));
  const version = median(9, () => lakesmith('--version'));
  const sample = join(folder, 'retail');
  lakesmith('init', sample, '--sample');
  lakesmith('run', '--project', sample);
  const noop = median(9, () => lakesmith('run', '--project', sample));
  return {
    'lakesmith --version, ms': rounded(version.wallMs),
    'no-op run of the sample, ms after the start of node': rounded(noop.wallMs - bare.wallMs),
    'node -e 0, ms': rounded(bare.wallMs),
  };
}

const modelOf = (i, table, sum) => `select k % ${100 + i} as k, count(*) as n, ${sum} as v from ${table} group by 1`;

/** A project of `count` models over one source, and the engine alone with the same SELECTs. */
function manyTables(count) {
  const rows = `id,k,v\n${Array.from({ length: 20_000 }, (_, i) => `${i},${i % 977},${(i * 7919) % 1000}\n`).join('')}`;
  const numbers = Array.from({ length: count }, (_, i) => i);
  const at = project(`many-${count}`, {
    'landing/rows.csv': rows,
    'bronze/rows.yml': 'files: landing/*.csv\n',
    ...Object.fromEntries(numbers.map((i) => [`silver/t${i}.sql`, `${modelOf(i, 'bronze.rows', 'sum(v)')}\n`])),
  });
  const out = join(folder, `raw-${count}`);
  mkdirSync(out);
  const copies = numbers.map(
    (i) =>
      `copy (${modelOf(i, 'r', 'sum(v)::bigint')}) to '${join(out, `${i}.parquet`)}' (format parquet, compression zstd, compression_level 1)`,
  );
  const alone = median(
    3,
    raw(`many-${count}`, [`create table r as from read_csv('${join(at, 'landing/rows.csv')}')`, ...copies]),
  );
  const ours = median(3, () => {
    rmSync(join(at, 'lake'), { recursive: true, force: true });
    return lakesmith('run', '--project', at);
  });
  return { alone, ours };
}

/** What one more table costs over its COPY: the slope from few tables to many, without the cost of starting. */
function tables() {
  const [few, many] = [10, 50];
  const [a, b] = [manyTables(few), manyTables(many)];
  const slope = (of, what) => (of(b)[what] - of(a)[what]) / (many - few);
  const ours = (side) => side.ours;
  const alone = (side) => side.alone;
  return {
    [`lakesmith run of ${many} tables, ms`]: rounded(b.ours.wallMs),
    'raw COPY per table, ms': rounded(slope(alone, 'wallMs'), 1),
    'lakesmith per table, ms': rounded(slope(ours, 'wallMs'), 1),
    'overhead per table, ms': rounded(slope(ours, 'wallMs') - slope(alone, 'wallMs'), 1),
    'overhead per table, CPU ms': rounded(slope(ours, 'cpuMs') - slope(alone, 'cpuMs'), 1),
  };
}

const csvColumns = {
  order_id: 'BIGINT',
  customer_id: 'BIGINT',
  ordered_on: 'DATE',
  ordered_at: 'TIMESTAMPTZ',
  amount: 'DECIMAL(12,2)',
  qty: 'BIGINT',
  country: 'VARCHAR',
  channel: 'VARCHAR',
  sku: 'VARCHAR',
  note: 'VARCHAR',
};

/** A large CSV to bronze, against the engine's own COPY with the same settings: of the file's columns, and of the same table. */
function csv() {
  const types = Object.entries(csvColumns)
    .map(([name, type]) => `  ${name}: ${type}\n`)
    .join('');
  const at = project('csv', { 'bronze/orders.yml': `files: landing/*.csv\ntypes:\n${types}` });
  const file = join(at, 'landing/orders.csv');
  mkdirSync(join(at, 'landing'), { recursive: true });
  const half = (
    from,
    to,
  ) => `select i as order_id, (i * 7919) % 1000000 as customer_id, date '2024-01-01' + (i % 700)::int as ordered_on,
    strftime(timestamp '2024-01-01' + interval (i) second, '%Y-%m-%dT%H:%M:%SZ') as ordered_at, ((i % 10000) / 100.0)::decimal(12,2) as amount,
    i % 9 as qty, 'c' || (i % 8) as country, 'channel' || (i % 5) as channel, 'sku' || (i % 5000) as sku, 'note ' || (i % 77777) as note from range(${from}, ${to}) t(i)`;
  raw(
    'generate',
    [`copy (${half(0, csvRows / 2)} union all ${half(csvRows / 2, csvRows)}) to '${file}' (header)`],
    {},
  )();
  const names = Object.entries(csvColumns)
    .map(([name, type]) => `'${name}': '${type}'`)
    .join(', ');
  const read = `read_csv('${file}', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {${names}})`;
  const copyOf = (name, columns, more) => {
    const ids = columns.map((column, i) => `"${column}": ${i + 1}`).join(', ');
    const copy = `copy (select *${more} from ${read}) to '${join(folder, `${name}.parquet`)}'
      (format parquet, return_stats, compression zstd, compression_level 1, parquet_version v2, field_ids {${ids}})`;
    const statements = ["set timezone = 'UTC'", 'set preserve_insertion_order = true', copy];
    return raw(name, statements, { memory_limit: '4GB' });
  };
  const own = Object.keys(csvColumns);
  const ofColumns = copyOf('columns', own, '');
  const ofTable = copyOf(
    'table',
    [...own, '_source', '_ingested_at', '_run'],
    ", 'landing/orders.csv' as _source, timestamptz '2026-03-10 12:00:00+00' as _ingested_at, 1::bigint as _run",
  );
  const ours = () => {
    rmSync(join(at, 'lake'), { recursive: true, force: true });
    return lakesmith('run', '--memory', '4GB', '--project', at);
  };
  const [columns, table, run] = medians(3, [ofColumns, ofTable, ours]);
  return {
    rows: csvRows,
    'CSV, MB': rounded(statSync(file).size / 1e6),
    "COPY of the file's columns, s": rounded(columns.wallMs / 1000, 2),
    'COPY of the same table, s': rounded(table.wallMs / 1000, 2),
    'lakesmith run, s': rounded(run.wallMs / 1000, 2),
    "speed against the COPY of the file's columns": rounded(columns.wallMs / run.wallMs, 2),
    'speed against the COPY of the same table': rounded(table.wallMs / run.wallMs, 2),
    "CPU against the COPY of the file's columns": rounded(run.cpuMs / columns.cpuMs, 2),
    'CPU against the COPY of the same table': rounded(run.cpuMs / table.cpuMs, 2),
    'peak memory, MB (limit 4000)': rounded(run.rssMb),
  };
}

try {
  console.log(`node ${process.versions.node} · ${cpus().length} cores · ${rounded(totalmem() / 2 ** 30)} GB`);
  for (const [name, bench] of Object.entries({ start, tables, csv })) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.log(`\n${name}`);
    for (const [what, value] of Object.entries(bench())) console.log(`  ${what}: ${value}`);
  }
} finally {
  if (existsSync(folder)) rmSync(folder, { recursive: true });
}
