/* ---
expect:
  warn:
    known: [status] <@ ['a', 'b']
--- */
select order_id, status, amount, ordered_at from bronze.orders
