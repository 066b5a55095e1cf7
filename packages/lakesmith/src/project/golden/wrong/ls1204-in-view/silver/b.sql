/* ---
kind: view
--- */
select id, total from silver.a
