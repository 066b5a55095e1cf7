/* ---
kind: stream
joins: as_of
--- */
select o.order_id, now() as at, random() as r from bronze.orders as o left join silver.plain as p on p.order_id = o.order_id
