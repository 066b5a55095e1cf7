/* ---
expect:
  quarantine:
    positive: amount >> > 0
--- */
select order_id, status, amount, ordered_at from bronze.orders
