/* ---
kind: stream
follows: bronze.order
--- */
select order_id from bronze.orders
