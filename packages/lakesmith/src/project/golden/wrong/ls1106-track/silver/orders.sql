/* ---
kind: history
key: order_id
valid_from: ordered_at
track: [statuss]
--- */
select order_id, status, amount, ordered_at from bronze.orders
