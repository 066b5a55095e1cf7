/* ---
follows: bronze.orders
joins: now
--- */
select order_id from bronze.orders
