/* ---
kind: history
valid_from: ordered_at
--- */
select order_id, status, amount, ordered_at from bronze.orders
