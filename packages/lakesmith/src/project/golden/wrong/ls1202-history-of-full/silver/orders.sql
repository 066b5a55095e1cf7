/* ---
kind: history
key: order_id
valid_from: ordered_at
--- */
select order_id, ordered_at from bronze.orders
