/* ---
check:
  fail:
    no_gaps: select order_id from where x
--- */
select order_id, status, amount, ordered_at from bronze.orders
