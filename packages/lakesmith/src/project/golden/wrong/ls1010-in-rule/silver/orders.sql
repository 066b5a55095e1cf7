/* ---
expect:
  warn:
    enough: amount > $least
check:
  fail:
    none_late: select * from silver.orders where ordered_at > $until
--- */
select order_id, amount, ordered_at from bronze.orders
