/* ---
kind: view
--- */
select id, total from bronze.orders
