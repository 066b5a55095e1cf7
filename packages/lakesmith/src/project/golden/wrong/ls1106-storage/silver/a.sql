/* ---
cluster_by: [amuont]
--- */
select id, amount from bronze.orders
