/* ---
check:
  fail:
    references: order_id -> gold.sales.order_id
--- */
select order_id, status, amount, ordered_at from bronze.orders
