/* ---
partition_by: [id, amount]
--- */
select id, amount from bronze.orders
