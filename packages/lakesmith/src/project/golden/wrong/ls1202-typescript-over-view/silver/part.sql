/* ---
kind: ephemeral
--- */
select order_id as id from bronze.orders
