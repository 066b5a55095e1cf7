/* ---
kind: stream
--- */
select order_id, count(*) as n from bronze.orders group by order_id
