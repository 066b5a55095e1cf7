/* ---
check:
  warn:
    fresh: ordered_at in 2 days
--- */
select order_id, status, amount, ordered_at from bronze.orders
