/* ---
kind: stream
follows: bronze.orders
--- */
select t.order_id from silver.plain as t left join bronze.orders as o on o.order_id = t.order_id
