/* ---
expect:
  warn:
    known: status in (select country from reference.region)
--- */
select order_id, status, amount, ordered_at from bronze.orders
