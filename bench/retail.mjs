import { cpSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { medians } from './measure.mjs';
import { dbtRun } from './retail-dbt.mjs';
import { retailTables } from './retail-tables.mjs';
import { folder, lakesmith, raw, rounded } from './setting.mjs';
import { sparkSessionMs } from './spark-session.mjs';

const sample = fileURLToPath(new URL('../samples/retail', import.meta.url));
/** So many orders make a gigabyte of sources. */
const orders = Number(process.env.BENCH_ROWS ?? 3_000_000);

/** The sample with as many customers, orders and clicks as it takes. */
function manyOrders() {
  const at = join(folder, 'retail');
  cpSync(sample, at, { recursive: true });
  rmSync(join(at, 'landing/orders'), { recursive: true });
  rmSync(join(at, 'landing/clickstream'), { recursive: true });
  mkdirSync(join(at, 'landing/orders'));
  mkdirSync(join(at, 'landing/clickstream'));
  const customers = Math.ceil(orders / 20);
  const moment = (seconds) => `strftime(timestamp '2026-01-01' + interval (${seconds}) second, '%Y-%m-%dT%H:%M:%SZ')`;
  const item = (n) => `{'sku': 'P' || lpad(((i * ${n}) % 24 + 1)::varchar, 3, '0'), 'qty': (i + ${n}) % 4 + 1,
    'price': if((i + ${n}) % 9 = 0, null, ((i * ${n}) % 9000 + 100) / 100.0)}`;
  const order = (
    from,
    to,
  ) => `copy (select i // 5 * 4 + i % 4 as order_id, (i * 7919) % ${customers} + 1 as customer_id,
      case i % 10 when 0 then 'Placed' when 1 then 'cancelled' when 2 then 'SHIPPED' else 'paid' end as status,
      case i % 4 when 0 then 'se' when 1 then 'NO' when 2 then 'de' else 'fr' end as ship_country, ${moment('i // 5')} as ordered_at,
      ${moment('i // 5 + i % 5 * 3600')} as updated_at, [${item(7)}, ${item(11)}, ${item(13)}][1:(i % 3 + 1)::int] as items
    from range(${from}, ${to}) t(i)) to '${at}/landing/orders/${from}.json' (format json)`;
  const clicks = `copy (select 'e' || i as event_id, 's' || i // 6 as session_id, (i * 31) % ${customers} + 1 as customer_id,
      case i % 3 when 0 then 'view' when 1 then 'cart' else 'buy' end as event, 'P' || lpad((i % 24 + 1)::varchar, 3, '0') as sku,
      ${moment('i // 10')} as at from range(${orders}) t(i)) to '${at}/landing/clickstream/1.json' (format json)`;
  const people = `copy (select i + 1 as customer_id, 'Customer ' || i as name, 'c' || i || '@example.com' as email,
      case i % 4 when 0 then 'se' when 1 then 'no' when 2 then 'de' else 'fr' end as country, 'basic' as tier,
      timestamp '2026-01-01' as updated_at from range(${customers}) t(i)) to '${at}/shop/customers.csv' (header)`;
  const parts = Array.from({ length: 4 }, (_, i) =>
    order(Math.floor((orders * i) / 4), Math.floor((orders * (i + 1)) / 4)),
  );
  raw('retail-sources', [...parts, clicks, people], {})();
  return at;
}

function sizeOf(path) {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** Each table by the same SQL, typed into the engine by hand: written as Parquet, and read from there by the next. */
function byHand(tables) {
  const out = join(folder, 'retail-by-hand');
  mkdirSync(out);
  return raw('retail-by-hand', [
    `set timezone = 'UTC'`,
    ...['bronze', 'silver', 'gold', 'reference'].map((layer) => `create schema ${layer}`),
    ...tables.flatMap(({ name, sql }) => [
      `copy (from (${sql}\n)) to '${out}/${name}.parquet' (format parquet, compression zstd, compression_level 1)`,
      `create view ${name} as from read_parquet('${out}/${name}.parquet')`,
    ]),
  ]);
}

/** The sample as it comes, and a Spark session that has done nothing yet, in turns. */
async function besideSpark() {
  const at = join(folder, 'retail-small');
  cpSync(sample, at, { recursive: true });
  const runs = [];
  const sessions = [];
  for (let i = 0; i < 3; i++) {
    rmSync(join(at, 'lake'), { recursive: true, force: true });
    runs.push(lakesmith('run', '--project', at).wallMs);
    sessions.push(await sparkSessionMs());
  }
  const middle = (times) => `${rounded(times.sort((a, b) => a - b)[1] / 1000, 2)} s`;
  return {
    'the sample as it comes, all tables from nothing': middle(runs),
    'a Spark session with Delta Lake, until it answers its first question': sessions.includes(undefined)
      ? 'it is not installed here'
      : middle(sessions),
  };
}

/** The whole retail sample from a gigabyte of sources, against the same SQL typed into the engine and against dbt. */
export async function retail() {
  const small = await besideSpark();
  const at = manyOrders();
  const tables = retailTables(at);
  const alone = byHand(tables);
  const ours = () => {
    rmSync(join(at, 'lake'), { recursive: true, force: true });
    return lakesmith('run', '--project', at);
  };
  const fresh = () => {
    rmSync(join(folder, 'retail-by-hand'), { recursive: true, force: true });
    mkdirSync(join(folder, 'retail-by-hand'));
    return alone();
  };
  const dbt = dbtRun(tables);
  const [typed, run, theirs] = medians(3, [fresh, ours, ...(dbt === undefined ? [] : [dbt])]);
  return {
    ...small,
    'orders as they came': orders,
    'sources, MB': rounded((sizeOf(join(at, 'landing')) + sizeOf(join(at, 'shop'))) / 1e6),
    'the same SQL in the engine, writing Parquet: wall s, CPU s, MB': told(typed),
    'lakesmith run: wall s, CPU s, MB': told(run),
    'times its wall time': rounded(run.wallMs / typed.wallMs, 2),
    'times its CPU': rounded(run.cpuMs / typed.cpuMs, 2),
    'the same models by dbt-duckdb, into a database: wall s, CPU s, MB':
      theirs === undefined ? 'it is not installed here' : told(theirs),
  };
}

const told = ({ wallMs, cpuMs, rssMb }) =>
  `${rounded(wallMs / 1000, 2)}, ${rounded(cpuMs / 1000, 2)}, ${rounded(rssMb)}`;
