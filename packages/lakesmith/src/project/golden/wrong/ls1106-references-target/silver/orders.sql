/* ---
check:
  fail:
    references: status -> reference.regions.code
--- */
select order_id, status, amount, ordered_at from bronze.orders
