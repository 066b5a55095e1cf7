/* ---
kind: history
key: id
valid_from: amount
--- */
select id, amount from silver.a
