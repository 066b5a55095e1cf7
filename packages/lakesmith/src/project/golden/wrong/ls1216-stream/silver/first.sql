/* ---
kind: stream
--- */
select order_id from bronze.orders limit 10
