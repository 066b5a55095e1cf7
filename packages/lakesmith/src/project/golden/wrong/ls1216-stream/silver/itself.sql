/* ---
kind: stream
follows: bronze.orders
--- */
select a.order_id from bronze.orders as a join bronze.orders as b on b.order_id = a.order_id
