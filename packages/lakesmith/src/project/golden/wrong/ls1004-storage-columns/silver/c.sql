/* ---
cluster_by: [id, a, b, c, d]
--- */
select id, amount as a, amount as b, amount as c, amount as d from bronze.orders
