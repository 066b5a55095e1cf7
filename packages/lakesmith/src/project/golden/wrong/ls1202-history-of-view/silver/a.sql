/* ---
kind: view
--- */
select id, amount from bronze.orders
