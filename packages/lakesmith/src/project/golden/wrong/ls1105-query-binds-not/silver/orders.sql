/* ---
check:
  fail:
    paid: select order_id from silver.orders where stauts = 'x'
--- */
select order_id, status, amount, ordered_at from bronze.orders
