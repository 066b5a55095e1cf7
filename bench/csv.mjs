import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { medians } from './measure.mjs';
import { folder, lakesmith, project, raw, rounded } from './setting.mjs';

const csvRows = Number(process.env.BENCH_ROWS ?? 20_000_000);

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
export function csv() {
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
      (format parquet, return_stats, compression zstd, compression_level 1, field_ids {${ids}})`;
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
