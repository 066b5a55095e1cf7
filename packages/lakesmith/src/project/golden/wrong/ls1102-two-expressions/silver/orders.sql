/* ---
expect:
  warn:
    positive: amount > 0, status is not null
--- */
select order_id, status, amount, ordered_at from bronze.orders
