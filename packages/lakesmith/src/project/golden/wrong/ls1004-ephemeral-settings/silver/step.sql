/* ---
kind: ephemeral
key: order_id
expect:
  drop:
    some: amount > 0
--- */
select order_id, amount from bronze.orders
