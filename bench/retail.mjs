import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { medians } from './measure.mjs';
import { folder, lakesmith, raw, rounded } from './setting.mjs';

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
function byHand(at) {
  const out = join(folder, 'retail-by-hand');
  mkdirSync(out);
  const made = (name, sql) => [
    `copy (from (${sql}\n)) to '${out}/${name}.parquet' (format parquet, compression zstd, compression_level 1)`,
    `create view ${name} as from read_parquet('${out}/${name}.parquet')`,
  ];
  const loaded = (name, from) =>
    made(
      `bronze.${name}`,
      `select *, timestamptz '2026-03-10 22:00:00+00' as _ingested_at, 1::bigint as _run from ${from}`,
    );
  const model = (name) => readFileSync(join(at, `${name.replace('.', '/')}.sql`), 'utf8');
  const kept = (name, rules) => made(name, `select * from (${model(name)}\n) where ${rules}`);
  const json = (path, columns) =>
    `read_json('${at}/landing/${path}/*.json', format = 'newline_delimited', filename = '_source', columns = ${columns})`;
  const csv = (path, columns) =>
    `read_csv('${at}/${path}', header = true, auto_detect = false, delim = ',', filename = '_source', columns = ${columns})`;
  return raw('retail-by-hand', [
    `set timezone = 'UTC'`,
    ...['bronze', 'silver', 'gold', 'reference'].map((layer) => `create schema ${layer}`),
    ...loaded(
      'orders',
      json(
        'orders',
        `{order_id: 'BIGINT', customer_id: 'BIGINT', status: 'VARCHAR', ship_country: 'VARCHAR',
      ordered_at: 'TIMESTAMP', updated_at: 'TIMESTAMP', items: 'STRUCT(sku VARCHAR, qty BIGINT, price DOUBLE)[]'}`,
      ),
    ),
    ...loaded(
      'clickstream',
      json(
        'clickstream',
        `{event_id: 'VARCHAR', session_id: 'VARCHAR', customer_id: 'BIGINT', event: 'VARCHAR',
      sku: 'VARCHAR', "at": 'TIMESTAMP'}`,
      ),
    ),
    ...loaded(
      'products',
      csv(
        'landing/products/*.csv',
        `{sku: 'VARCHAR', name: 'VARCHAR', category: 'VARCHAR', unit_cost: 'DECIMAL(12,2)',
      list_price: 'DECIMAL(12,2)', reorder_point: 'BIGINT'}`,
      ),
    ),
    ...loaded(
      'customers',
      csv(
        'shop/customers.csv',
        `{customer_id: 'BIGINT', name: 'VARCHAR', email: 'VARCHAR', country: 'VARCHAR',
      tier: 'VARCHAR', updated_at: 'TIMESTAMPTZ'}`,
      ),
    ),
    ...loaded(
      'inventory',
      csv(
        'shop/inventory.csv',
        `{sku: 'VARCHAR', warehouse: 'VARCHAR', on_hand: 'BIGINT', reserved: 'BIGINT',
      updated_at: 'TIMESTAMPTZ'}`,
      ),
    ),
    ...made(
      'reference.regions',
      `from ${csv(
        'reference/regions.csv',
        `{country: 'VARCHAR', country_name: 'VARCHAR', region: 'VARCHAR', vat_rate: 'DECIMAL(5,3)'}`,
      )}`,
    ),
    ...made('silver.products', model('silver.products')),
    ...made(
      'silver.customers',
      `select *, updated_at as valid_from, lead(updated_at) over (partition by customer_id order by updated_at) as valid_to
      from (${model('silver.customers')}\n)`,
    ),
    ...kept('silver.inventory', 'on_hand >= 0'),
    ...kept(
      'silver.orders',
      `status in ('placed', 'paid', 'shipped', 'returned', 'cancelled') and item_count > 0
      and ordered_at <= _ingested_at + interval 1 day`,
    ),
    ...kept('silver.order_lines', 'qty > 0 and unit_price >= 0'),
    ...made('silver.clicks', model('silver.clicks')),
    ...[
      'sales',
      'sales_by_day',
      'sales_by_product',
      'sales_by_region',
      'customer_segments',
      'inventory_alerts',
    ].flatMap((name) => made(`gold.${name}`, model(`gold.${name}`))),
  ]);
}

/** The whole retail sample from a gigabyte of sources, against the same SQL typed into the engine. */
export function retail() {
  const at = manyOrders();
  const alone = byHand(at);
  const ours = () => {
    rmSync(join(at, 'lake'), { recursive: true, force: true });
    return lakesmith('run', '--project', at);
  };
  const fresh = () => {
    rmSync(join(folder, 'retail-by-hand'), { recursive: true, force: true });
    mkdirSync(join(folder, 'retail-by-hand'));
    return alone();
  };
  const [typed, run] = medians(3, [fresh, ours]);
  return {
    'orders as they came': orders,
    'sources, MB': rounded((sizeOf(join(at, 'landing')) + sizeOf(join(at, 'shop'))) / 1e6),
    'the same SQL in the engine, writing Parquet: wall s, CPU s, MB': told(typed),
    'lakesmith run: wall s, CPU s, MB': told(run),
    'times its wall time': rounded(run.wallMs / typed.wallMs, 2),
    'times its CPU': rounded(run.cpuMs / typed.cpuMs, 2),
  };
}

const told = ({ wallMs, cpuMs, rssMb }) =>
  `${rounded(wallMs / 1000, 2)}, ${rounded(cpuMs / 1000, 2)}, ${rounded(rssMb)}`;
