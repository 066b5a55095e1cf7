/* ---
kind: ephemeral
--- */
select order_id from silver.b
