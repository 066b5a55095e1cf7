/* ---
cluster_by: [id, tags]
--- */
select id, [amount] as tags from bronze.orders
