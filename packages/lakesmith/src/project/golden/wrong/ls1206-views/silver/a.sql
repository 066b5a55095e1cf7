/* ---
kind: view
--- */
select id from silver.b
