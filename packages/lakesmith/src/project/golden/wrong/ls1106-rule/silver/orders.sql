/* ---
expect:
  quarantine:
    known_status: status is not null and amuont > 0
--- */
select order_id, status, amount, ordered_at from bronze.orders
