/* ---
kind: history
key: order_id
valid_from: at
--- */
select order_id, max(ordered_at) as at from bronze.orders group by order_id
