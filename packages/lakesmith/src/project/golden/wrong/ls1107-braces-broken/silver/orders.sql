/* ---
expect:
  quarantine:
    known: { that: status in ('a', 'b'), else: drop }
--- */
select order_id, status, amount, ordered_at from bronze.orders
