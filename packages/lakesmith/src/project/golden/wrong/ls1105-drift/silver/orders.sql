/* ---
check:
  warn:
    drift: amount within 5 % of yesterday
--- */
select order_id, amount from bronze.orders
