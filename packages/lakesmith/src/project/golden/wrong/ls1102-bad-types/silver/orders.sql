/* ---
expect:
  warn:
    recent: ordered_at > 5
--- */
select order_id, status, amount, ordered_at from bronze.orders
