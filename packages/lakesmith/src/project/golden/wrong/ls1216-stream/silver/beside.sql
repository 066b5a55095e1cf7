/* ---
kind: stream
follows: bronze.orders
--- */
select order_id from bronze.orders union all select order_id from silver.plain
