-- Orders.
/* ---
key: order_id
key: status
--- */
select order_id, status, amount, ordered_at from bronze.orders
