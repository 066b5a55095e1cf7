/* ---
check:
  warn:
    row_count: within 30 of last week
--- */
select order_id, status, amount, ordered_at from bronze.orders
