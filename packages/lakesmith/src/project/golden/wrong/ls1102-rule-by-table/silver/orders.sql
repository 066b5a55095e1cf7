/* ---
expect:
  quarantine:
    positive: amount > 0 and orders.amount < 9
    known: len(list_filter([status], orders -> orders = 'a')) = 0
  drop:
    whole: silver.Orders.amount > 0
  warn:
    large: orders.amount > 9
    first: "#1 > 0"
--- */
select order_id, status, amount, ordered_at from bronze.orders
