/* ---
kind: stream
--- */
select order_id from bronze.orders union all select 1
