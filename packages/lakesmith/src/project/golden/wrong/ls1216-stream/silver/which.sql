/* ---
kind: stream
--- */
with o as (select * from bronze.orders) select o.order_id from o join silver.plain as p on p.order_id = o.order_id
