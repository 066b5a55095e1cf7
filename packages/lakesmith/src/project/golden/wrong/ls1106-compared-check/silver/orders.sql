/* ---
check:
  warn:
    drift: [amuont within 5 % of last week, parts within 5 % of last week]
    fresh: [status within 2 days, amount as usual]
--- */
select order_id, status, amount, ordered_at, [status] as parts from bronze.orders
