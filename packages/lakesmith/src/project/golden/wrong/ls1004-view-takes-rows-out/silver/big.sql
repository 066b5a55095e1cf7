/* ---
kind: view
expect:
  quarantine:
    positive: amount > 0
  drop:
    known: id is not null
--- */
select id, amount from bronze.orders
