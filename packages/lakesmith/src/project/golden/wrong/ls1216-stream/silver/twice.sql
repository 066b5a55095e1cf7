/* ---
kind: stream
--- */
select order_id from bronze.orders where amount > 1 union all select order_id from bronze.orders where status = 'new'
