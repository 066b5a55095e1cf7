/* ---
kind: view
key: order_id
check:
  fail:
    not_null: amonut
--- */
select id, amount from bronze.orders
