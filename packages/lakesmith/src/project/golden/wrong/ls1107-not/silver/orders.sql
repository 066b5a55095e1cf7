/* ---
expect:
  warn:
    not_done: !done
--- */
select order_id, status, amount, ordered_at from bronze.orders
