/* ---
kind: view
--- */
select id, now() as at, random() as r from bronze.orders
