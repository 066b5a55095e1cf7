/* ---
kind: view
check:
  fail:
    references: id -> gold.c.id
--- */
select id from bronze.orders
