select id, total from silver.b
