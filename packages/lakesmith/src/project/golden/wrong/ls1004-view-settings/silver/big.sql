/* ---
kind: view
refresh: strict
track: amount
--- */
select id, amount from bronze.orders
