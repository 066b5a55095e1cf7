/* ---
renamed_from:
  amount: order_id
--- */
select order_id, amount from bronze.orders
