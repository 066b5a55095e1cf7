/* ---
check:
  fail:
    references: order_id -> silver.order.order_id
--- */
select order_id, status, amount, ordered_at from bronze.orders
