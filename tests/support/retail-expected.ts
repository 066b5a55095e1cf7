/**
 * What the sample's tables must hold, computed from its landing files by SQL that was written apart from the product and
 * shares nothing with it. `day` is the sample's day. Each statement makes one table, named layer_table.
 */
export function expectedTables(project: string, day: string): readonly string[] {
  return [
    `set timezone = 'UTC'`,
    `create table raw_orders as select * from read_json('${project}/landing/orders/*.json', format = 'newline_delimited',
       columns = {order_id: 'BIGINT', customer_id: 'BIGINT', status: 'VARCHAR', ship_country: 'VARCHAR', ordered_at: 'VARCHAR',
                  updated_at: 'VARCHAR', items: 'STRUCT(sku VARCHAR, qty BIGINT, price DOUBLE)[]'})`,
    `create table raw_products as select * from read_csv('${project}/landing/products/*.csv', header = true, auto_detect = false,
       filename = true, delim = ',', columns = {sku: 'VARCHAR', name: 'VARCHAR', category: 'VARCHAR', unit_cost: 'DECIMAL(12,2)',
       list_price: 'DECIMAL(12,2)', reorder_point: 'BIGINT'})`,
    `create table raw_clicks as select * from read_json('${project}/landing/clickstream/*.json', format = 'newline_delimited',
       columns = {event_id: 'VARCHAR', session_id: 'VARCHAR', customer_id: 'BIGINT', event: 'VARCHAR', sku: 'VARCHAR', "at": 'VARCHAR'})`,
    `create table raw_customers as select row_number() over () as n, * from read_csv('${project}/shop/customers.csv', header = true,
       auto_detect = false, delim = ',', columns = {customer_id: 'BIGINT', name: 'VARCHAR', email: 'VARCHAR', country: 'VARCHAR',
       tier: 'VARCHAR', updated_at: 'TIMESTAMPTZ'})`,
    `create table raw_inventory as select row_number() over () as n, * from read_csv('${project}/shop/inventory.csv', header = true,
       auto_detect = false, delim = ',', columns = {sku: 'VARCHAR', warehouse: 'VARCHAR', on_hand: 'BIGINT', reserved: 'BIGINT',
       updated_at: 'TIMESTAMPTZ'})`,
    `create table reference_regions as select * from read_csv('${project}/reference/regions.csv', header = true, auto_detect = false,
       delim = ',', columns = {country: 'VARCHAR', country_name: 'VARCHAR', region: 'VARCHAR', vat_rate: 'DECIMAL(5,3)'})`,
    `create table silver_products as
       select trim(sku) as sku, trim(name) as name, lower(category) as category, unit_cost, list_price, reorder_point
       from raw_products where filename = (select max(filename) from raw_products) and list_price > 0`,
    // The newest state of each order among those that keep the rules.
    `create table good_orders as select * from raw_orders
       where lower(trim(status)) in ('placed', 'paid', 'shipped', 'returned', 'cancelled') and len(items) > 0`,
    `create table silver_orders as
       select o.order_id, any_value(o.customer_id) as customer_id, any_value(lower(trim(o.status))) as status,
         any_value(upper(trim(o.ship_country))) as country, any_value(o.ordered_at::timestamptz) as ordered_at,
         max(o.updated_at::timestamptz) as updated_at, any_value(o.items) as items
       from good_orders o join (select order_id, max(updated_at::timestamptz) as newest from good_orders group by 1) m
         on m.order_id = o.order_id and m.newest = o.updated_at::timestamptz
       group by o.order_id`,
    `create table silver_order_lines as
       with line as (
         select order_id, n as line_no, items[n].sku as sku, items[n].qty::integer as qty, items[n].price as price
         from (select order_id, items, unnest(generate_series(1, len(items))) as n from silver_orders)
       )
       select l.order_id, l.line_no, l.sku, l.qty, coalesce(l.price, p.list_price)::decimal(12,2) as unit_price,
         (l.qty * coalesce(l.price, p.list_price)::decimal(12,2))::decimal(14,2) as amount
       from line l left join silver_products p on p.sku = l.sku
       where l.qty > 0 and coalesce(l.price, p.list_price)::decimal(12,2) >= 0`,
    // A version begins where a tracked value differs from the one before it.
    `create table silver_customers as
       with c as (select *, trim(name) as n1, lower(trim(email)) as e1, upper(country) as c1 from raw_customers),
       marked as (select *, (lag(n1) over w, lag(e1) over w, lag(c1) over w, lag(tier) over w) as before,
                    row_number() over w as nth from c window w as (partition by customer_id order by updated_at, n)),
       kept as (select * from marked where nth = 1 or before is distinct from (n1, e1, c1, tier))
       select customer_id, n1 as name, e1 as email, c1 as country, tier, updated_at,
         case when row_number() over v = 1 then timestamptz '1900-01-01 00:00:00+00' else updated_at end as valid_from,
         lead(updated_at) over v as valid_to, lead(updated_at) over v is null as is_current
       from kept window v as (partition by customer_id order by updated_at)`,
    `create table silver_inventory as
       select sku, warehouse, on_hand, reserved, on_hand - reserved as available, updated_at from raw_inventory r
       where n = (select max(n) from raw_inventory s where s.sku = r.sku and s.warehouse = r.warehouse) and on_hand >= 0`,
    `create table silver_clicks as
       select c.event_id, min(c.session_id) as session_id, min(c.customer_id) as customer_id, min(c.event) as event, min(c.sku) as sku,
         min(p.category) as category, min(c."at"::timestamptz) as clicked_at
       from raw_clicks c left join silver_products p on p.sku = c.sku group by c.event_id`,
    `create table gold_sales as
       select l.order_id, l.line_no, o.ordered_at::date as sold_on, o.customer_id, c.tier as customer_tier, o.country, r.region, l.sku,
         p.category, l.qty, l.amount, (l.amount - l.qty * p.unit_cost)::decimal(14,2) as margin
       from silver_order_lines l
       join silver_orders o on o.order_id = l.order_id
       left join silver_products p on p.sku = l.sku
       left join reference_regions r on r.country = o.country
       left join silver_customers c on c.customer_id = o.customer_id and c.valid_from <= o.ordered_at
         and coalesce(o.ordered_at < c.valid_to, true)
       where o.status = 'paid' or o.status = 'shipped'`,
    `create table gold_sales_by_day as
       select sold_on, count(distinct order_id) as orders, sum(qty) as units, sum(amount) as revenue, sum(margin) as margin
       from gold_sales group by 1`,
    `create table gold_sales_by_product as
       select sku, category, (strftime(sold_on, '%Y-%m') || '-01')::date as month, sum(qty) as units, sum(amount) as revenue,
         sum(margin) as margin from gold_sales group by 1, 2, 3`,
    `create table gold_sales_by_region as
       select case when region is null then 'unknown' else region end as region, country, (strftime(sold_on, '%Y-%m') || '-01')::date as month,
         count(distinct order_id) as orders, count(distinct customer_id) as customers, sum(amount) as revenue
       from gold_sales group by 1, 2, 3`,
    `create table gold_customer_segments as
       with a as (select customer_id, date '${day}' - max(sold_on) as days_since_last_order, count(distinct order_id) as orders,
                    sum(amount) as revenue from gold_sales group by 1),
       s as (select *, ntile(5) over (order by days_since_last_order desc, customer_id) as recency,
               ntile(5) over (order by orders, customer_id) as frequency, ntile(5) over (order by revenue, customer_id) as money from a)
       select *, if(recency >= 4 and frequency >= 4 and money >= 4, 'champion', if(frequency >= 4, 'loyal',
         if(recency = 5 and frequency <= 2, 'new', if(recency <= 2 and frequency >= 3, 'at risk', if(recency = 1, 'lost', 'other'))))) as segment
       from s`,
    `create table gold_inventory_alerts as
       select i.sku, p.name, i.warehouse, i.available, p.reorder_point,
         round(i.available / nullif(d.u, 0), 1) as days_left,
         case when i.available <= 0 then 'out' when round(i.available / nullif(d.u, 0), 1) < 7 then 'urgent' else 'low' end as level
       from silver_inventory i join silver_products p on p.sku = i.sku
       left join (select sku, sum(qty) / 28.0 as u from gold_sales where sold_on > date '${day}' - 28 group by 1) d on d.sku = i.sku
       where i.available < p.reorder_point`,
  ];
}

/** Tables that are compared, with the columns to compare where the product adds more. */
export const comparedTables: Readonly<Record<string, string>> = {
  'reference.regions': '*',
  'silver.products': '*',
  'silver.orders': 'order_id, customer_id, status, country, ordered_at, updated_at',
  'silver.order_lines': '*',
  'silver.customers': '*',
  'silver.inventory': '*',
  'silver.clicks': '*',
  'gold.sales': '*',
  'gold.sales_by_day': '*',
  'gold.sales_by_product': '*',
  'gold.sales_by_region': '*',
  'gold.customer_segments': '*',
  'gold.inventory_alerts': '*',
};
