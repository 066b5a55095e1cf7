/* ---
expect:
  warn:
    all_there: *columns is not null
--- */
select order_id, status, amount, ordered_at from bronze.orders
