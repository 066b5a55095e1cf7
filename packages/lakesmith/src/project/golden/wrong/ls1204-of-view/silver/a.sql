/* ---
kind: view
--- */
select id, amount as total from bronze.orders
