/* ---
kind: view
--- */
select id from silver.a
