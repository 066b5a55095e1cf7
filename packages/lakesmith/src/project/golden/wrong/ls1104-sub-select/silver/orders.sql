/* ---
expect:
  quarantine:
    known: status in (select country from reference.regions)
--- */
select order_id, status, amount, ordered_at from bronze.orders
