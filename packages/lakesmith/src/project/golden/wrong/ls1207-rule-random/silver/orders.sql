/* ---
expect:
  warn:
    sampled: random() < 0.5
--- */
select order_id, status, amount, ordered_at from bronze.orders
