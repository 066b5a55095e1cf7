/* ---
kind: view
--- */
select order_id as id from bronze.orders
