select id from silver.a
