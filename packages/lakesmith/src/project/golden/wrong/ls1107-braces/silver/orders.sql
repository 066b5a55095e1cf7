/* ---
expect:
  quarantine: { known: coalesce(amount, 0) > 0 }
--- */
select order_id, status, amount, ordered_at from bronze.orders
