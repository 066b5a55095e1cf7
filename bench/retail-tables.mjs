import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The tables of the sample in the order in which they are made, each with what is typed to make it from those before: without checks, history and journals. */
export function retailTables(at) {
  const loaded = (name, from) => ({
    name: `bronze.${name}`,
    sql: `select *, timestamptz '2026-03-10 22:00:00+00' as _ingested_at, 1::bigint as _run from ${from}`,
  });
  const sqlOf = (name) =>
    readFileSync(join(at, `${name.replace('.', '/')}.sql`), 'utf8').replace(/^--.*\n|^\/\*[^]*?\*\/\n/gm, '');
  const model = (name) => ({ name, sql: sqlOf(name) });
  const kept = (name, rules) => ({ name, sql: `select * from (${sqlOf(name)}\n) where ${rules}` });
  const json = (path, columns) =>
    `read_json('${at}/landing/${path}/*.json', format = 'newline_delimited', filename = '_source', columns = ${columns})`;
  const csv = (path, columns) =>
    `read_csv('${at}/${path}', header = true, auto_detect = false, delim = ',', filename = '_source', columns = ${columns})`;
  return [
    loaded(
      'orders',
      json(
        'orders',
        `{order_id: 'BIGINT', customer_id: 'BIGINT', status: 'VARCHAR', ship_country: 'VARCHAR',
      ordered_at: 'TIMESTAMP', updated_at: 'TIMESTAMP', items: 'STRUCT(sku VARCHAR, qty BIGINT, price DOUBLE)[]'}`,
      ),
    ),
    loaded(
      'clickstream',
      json(
        'clickstream',
        `{event_id: 'VARCHAR', session_id: 'VARCHAR', customer_id: 'BIGINT', event: 'VARCHAR',
      sku: 'VARCHAR', "at": 'TIMESTAMP'}`,
      ),
    ),
    loaded(
      'products',
      csv(
        'landing/products/*.csv',
        `{sku: 'VARCHAR', name: 'VARCHAR', category: 'VARCHAR', unit_cost: 'DECIMAL(12,2)',
      list_price: 'DECIMAL(12,2)', reorder_point: 'BIGINT'}`,
      ),
    ),
    loaded(
      'customers',
      csv(
        'shop/customers.csv',
        `{customer_id: 'BIGINT', name: 'VARCHAR', email: 'VARCHAR', country: 'VARCHAR',
      tier: 'VARCHAR', updated_at: 'TIMESTAMPTZ'}`,
      ),
    ),
    loaded(
      'inventory',
      csv(
        'shop/inventory.csv',
        `{sku: 'VARCHAR', warehouse: 'VARCHAR', on_hand: 'BIGINT', reserved: 'BIGINT',
      updated_at: 'TIMESTAMPTZ'}`,
      ),
    ),
    {
      name: 'reference.regions',
      sql: `from ${csv(
        'reference/regions.csv',
        `{country: 'VARCHAR', country_name: 'VARCHAR', region: 'VARCHAR', vat_rate: 'DECIMAL(5,3)'}`,
      )}`,
    },
    model('silver.products'),
    {
      name: 'silver.customers',
      sql: `select *, updated_at as valid_from, lead(updated_at) over (partition by customer_id order by updated_at) as valid_to
      from (${sqlOf('silver.customers')}\n)`,
    },
    kept('silver.inventory', 'on_hand >= 0'),
    kept(
      'silver.orders',
      `status in ('placed', 'paid', 'shipped', 'returned', 'cancelled') and item_count > 0
      and ordered_at <= _ingested_at + interval 1 day`,
    ),
    kept('silver.order_lines', 'qty > 0 and unit_price >= 0'),
    model('silver.clicks'),
    ...['sales', 'sales_by_day', 'sales_by_product', 'sales_by_region', 'customer_segments', 'inventory_alerts'].map(
      (name) => model(`gold.${name}`),
    ),
  ];
}
