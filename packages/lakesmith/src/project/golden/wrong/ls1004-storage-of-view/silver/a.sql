/* ---
kind: view
retention: 30d
partition_by: id
--- */
select id, amount from bronze.orders
