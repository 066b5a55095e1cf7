/* ---
kind: ephemeral
--- */
select order_id, amout from bronze.orders
