/* ---
check:
  fail:
    unique: order_number
    not_null: [order_id, stat]
--- */
select order_id, status, amount, ordered_at from bronze.orders
