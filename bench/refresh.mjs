import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peerPython } from './peer-python.mjs';
import { dbtFigures } from './refresh-dbt.mjs';
import { sqlMeshFigures } from './refresh-sqlmesh.mjs';
import { lakesmith, project, raw, rounded } from './setting.mjs';

const handMerge = fileURLToPath(new URL('refresh-delta-rs.py', import.meta.url));
const rows = Number(process.env.BENCH_ROWS ?? 10_000_000);
const customers = rows / 10;
const products = rows / 100;
const only = process.env.BENCH_MODELS?.split(',');
const shares = (process.env.BENCH_SHARES ?? '0.01,0.1,1,10').split(',').map(Number);

/** Rows in the order of time. */
const base = `select i::bigint as order_id, (hash(i * 7) % ${customers})::int as customer_id,
  (hash(i * 13) % ${products})::int as product_id, timestamp '2024-01-01' + to_seconds(i * ${60_000_000 / rows}) as ts,
  (hash(i * 3) % 5 + 1)::int as qty, ((hash(i * 5) % 100000) / 100.0)::decimal(12,2) as amount,
  ['new', 'paid', 'shipped', 'done', 'returned'][1 + (hash(i * 11) % 5)::int] as status,
  ['web', 'app', 'store', 'phone'][1 + (hash(i * 17) % 4)::int] as channel,
  'note ' || (hash(i) % 100000) as note
from range(${rows}) t(i)`;

/** The orders as they are after all changes: most have another amount, some another customer, some are gone. */
const orders = `select b.order_id, if(coalesce(c.moved, 0) = 0, b.customer_id, ((b.customer_id + 17 * c.moved) % ${customers})::int) as customer_id,
  b.product_id, b.ts, b.qty, (b.amount + coalesce(c.more, 0))::decimal(12,2) as amount, b.status, b.channel, b.note
from silver.base b left join silver.changes c on c.order_id = b.order_id
where coalesce(c.gone, 0) = 0`;

const changes = `select order_id, sum(more)::int as more, sum(moved)::int as moved, sum(gone)::int as gone
from bronze.changes group by order_id`;

/** One model of each class of which it is known what it should gain. */
const models = {
  'twenty groups, sums': `select channel, status, count(*) as n, sum(amount) as s, sum(qty) as qt from silver.orders group by all`,
  'day and channel, count(distinct)': `select ts::date as d, channel, count(*) as n, sum(amount) as s, count(distinct customer_id) as u
from silver.orders group by all`,
  'a tenth as many groups, sums': `select customer_id, count(*) as n, sum(amount) as s, sum(qty) as qt from silver.orders group by all`,
  'a tenth as many groups, median': `select customer_id, count(*) as n, median(amount) as m, max(ts) as last
from silver.orders group by all`,
  'three tables joined': `select o.order_id, o.customer_id, o.product_id, o.ts, o.amount, o.qty, c.country, c.tier, p.category
from silver.orders o join silver.customers c on c.id = o.customer_id join silver.products p on p.id = o.product_id`,
  'newest row of each key': `select * from silver.orders
qualify row_number() over (partition by customer_id order by ts desc, order_id desc) = 1`,
  'facts left join dimensions, grouped': `select c.country, p.category, count(*) as n, sum(o.amount) as s
from silver.orders o left join silver.customers c on c.id = o.customer_id left join silver.products p on p.id = o.product_id
group by all`,
  'three CTEs': `with clean as (select customer_id, ts::date as d, amount from silver.orders where status <> 'returned' and amount > 1),
daily as (select customer_id, d, sum(amount) as rev, count(*) as n from clean group by all),
feat as (select customer_id, count(*) as days, sum(rev) as rev, max(rev) as best, median(rev) as med from daily group by 1)
select c.id, c.country, c.tier, f.days, f.rev, f.best, f.med from silver.customers c left join feat f on f.customer_id = c.id`,
};

/** How each of them is kept: by parts, by the cheapest way, and by parts without deletion vectors (BENCH_PLAIN=1). */
const kinds = {
  parts: { refresh: 'incremental', vectors: true },
  auto: { refresh: 'auto', vectors: true },
  // A table of its own: the others lie in their files as many refreshes leave them.
  full: { refresh: 'full', vectors: true },
  ...(process.env.BENCH_PLAIN === '1' ? { plain: { refresh: 'incremental', vectors: false } } : {}),
};
const tableOf = (number, kind) => `m${number}_${kind}`;
const wanted = Object.entries(models).flatMap(([what, sql], number) =>
  only === undefined || only.includes(String(number)) ? [{ what, sql, number }] : [],
);

function makeProject() {
  const head = (...lines) => `/* ---\n${lines.join('\n')}\n--- */\n`;
  const gold = wanted.flatMap(({ sql, number }) =>
    Object.entries(kinds).map(([kind, { refresh: how, vectors }]) => {
      const lines = [`refresh: ${how}`, 'properties:', `  delta.enableDeletionVectors: ${String(vectors)}`];
      return [`gold/${tableOf(number, kind)}.sql`, `${head(...lines)}${sql}\n`];
    }),
  );
  const at = project('refresh', {
    'bronze/changes.yml':
      'files: landing/*.csv\ntypes:\n  order_id: BIGINT\n  more: INTEGER\n  moved: INTEGER\n  gone: INTEGER\n',
    'silver/base.sql': `${head('key: order_id', `file_size: ${Math.max(1, Math.round(rows / 600_000))}MB`)}${base}\n`,
    'silver/customers.sql': `${head('key: id')}select i::int as id, ['DE','FR','US','GB','IT','ES','NL','PL'][1 + (hash(i * 3) % 8)::int] as country, ['gold','silver','bronze'][1 + (hash(i * 5) % 3)::int] as tier from range(${customers}) t(i)\n`,
    'silver/products.sql': `${head('key: id')}select i::int as id, 'cat' || (hash(i) % 200) as category from range(${products}) t(i)\n`,
    'silver/changes.sql': `${head('key: order_id', 'refresh: incremental')}${changes}\n`,
    'silver/orders.sql': `${head('key: order_id', 'refresh: incremental', 'cluster_by: [order_id]', `file_size: ${Math.max(1, Math.round(rows / 600_000))}MB`, 'properties:', '  delta.enableDeletionVectors: true')}${orders}\n`,
    ...Object.fromEntries(gold),
  });
  mkdirSync(join(at, 'landing'));
  return at;
}

/** A file of changes: of one row in so many, wherever they lie or side by side at the end. */
function writeChanges(at, name, { share, clustered }) {
  const some = Math.round((rows * share) / 100);
  const which = clustered ? `i >= ${rows - some}` : `hash(i * 31 + ${name.length}) % 100000000 < ${share * 1e6}`;
  const kind = `hash(i * 37 + ${name.length}) % 10`;
  const sql = `select i as order_id, 1 as more, (${kind} = 7)::int as moved, (${kind} = 8)::int as gone from range(${rows}) t(i) where ${which}`;
  raw(`changes-${name}`, [`copy (${sql}) to '${join(at, 'landing', `${name}.csv`)}' (header)`])();
}

/** What the newest run took for one table, out of the journal. */
function stepOf(at, table) {
  const folder = join(at, 'lake/_lakesmith/runs');
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .at(-1);
  const { steps } = JSON.parse(readFileSync(join(folder, newest), 'utf8'));
  return steps.find((step) => step.table === table);
}

/** Tables kept up by parts, and by the cheapest way, beside the same tables made anew; and dbt, SQLMesh and delta-rs, where they are installed. */
export function refresh() {
  const at = makeProject();
  const run = (...args) => lakesmith('run', ...args, '--project', at);
  writeChanges(at, 'first', { share: 0.001, clustered: false });
  run();
  // Of runs without anything else beside them, so that `auto` goes by these.
  for (const { number } of wanted) run(`gold.${tableOf(number, 'auto')}`, '--full');
  const idle = run('silver.orders').cpuMs;
  const told = {};
  const ratios = [];
  for (const share of shares)
    for (const clustered of [false, true]) {
      const how = `${share} % ${clustered ? 'clustered' : 'scattered'}`;
      writeChanges(at, `c${share}${clustered ? 'clustered' : ''}`, { share, clustered });
      run('--to', 'silver.orders');
      for (const { what, number } of wanted) {
        const once = (kind) => {
          const table = `gold.${tableOf(number, kind)}`;
          const { cpuMs } = run(table);
          const { elapsedMs, strategy } = stepOf(at, table);
          return { ms: elapsedMs, cpu: Math.max(1, cpuMs - idle), strategy };
        };
        const [parts, auto] = [once('parts'), once('auto')];
        const plain = kinds.plain === undefined ? undefined : once('plain');
        const full = once('full');
        const line = ({ ms, cpu, strategy }) =>
          `${strategy} ${rounded(ms / 1000, 2)} s, ${rounded(cpu / 1000, 2)} s CPU: ${rounded(full.ms / ms, 1)}x, ${rounded(full.cpu / cpu, 1)}x CPU`;
        const ratio = auto.cpu / Math.min(parts.cpu, full.cpu);
        ratios.push({ ratio, ofFull: auto.cpu / full.cpu });
        told[`${what}, ${how}`] =
          `full ${rounded(full.ms / 1000, 2)} s, ${rounded(full.cpu / 1000, 2)} s CPU; ${line(parts)}; auto ${line(auto)}, ${rounded(ratio, 2)} of the best${plain === undefined ? '' : `; without vectors ${line(plain)}`}`;
      }
    }
  const within = ratios.filter(({ ratio }) => ratio <= 1.2).length;
  told['auto: cases within 1.2 of the best CPU'] = `${within} of ${ratios.length}`;
  told['auto: at the worst, of all of it made anew'] = rounded(Math.max(...ratios.map(({ ofFull }) => ofFull)), 2);
  const asked = { base, customers, products, models: wanted };
  return { ...told, ...dbtFigures(asked), ...sqlMeshFigures(asked), ...deltaRsFigures(at) };
}

/** The sums of a tenth as many groups kept up by hand: the change feed of the orders, summed up and merged by delta-rs. */
function deltaRsFigures(at) {
  const name = 'a tenth as many groups, sums, by a MERGE of delta-rs';
  const python = peerPython('main');
  if (python === undefined) return { [name]: 'it is not installed here' };
  const target = join(at, 'by-hand');
  const { status, stdout, stderr } = spawnSync(python, [handMerge, join(at, 'lake/silver/orders'), target], {
    encoding: 'utf8',
  });
  if (status !== 0) return { [name]: `it fails: ${stderr.trim().split('\n').at(-1)}` };
  const { changes, cpuMs, wallMs } = JSON.parse(stdout);
  return { [name]: `${changes} changes, ${rounded(wallMs / 1000, 2)} s, ${rounded(cpuMs / 1000, 2)} s CPU` };
}
