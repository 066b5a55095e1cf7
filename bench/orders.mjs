// The rows of the benches that write: orders with a key, numbers, times and texts.
export const columns = {
  order_id: 'i',
  customer_id: '(hash(i) % 1000000)::bigint',
  ordered_on: "date '2024-01-01' + (i % 700)::int",
  ordered_at: "timestamptz '2024-01-01 00:00:00+00' + interval (i) second",
  amount: '((hash(i + 1) % 1000000) / 100.0)::decimal(12,2)',
  qty: '(i % 9)::integer',
  country: "'c' || (i % 8)",
  channel: "'channel' || (i % 5)",
  sku: "'sku' || (hash(i + 2) % 5000)",
  note: "'note ' || (hash(i + 3) % 77777)",
};

/** The rows with the numbers of a range. */
export const select = (items, range) =>
  `select ${Object.entries(items)
    .map(([name, sql]) => `${sql} as ${name}`)
    .join(', ')} from range(${range.join(', ')}) t(i)`;

/** How Lakesmith writes them. */
export const like = 'format parquet, compression zstd, compression_level 1, return_stats';
