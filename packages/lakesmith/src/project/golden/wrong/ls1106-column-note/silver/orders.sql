/* ---
columns:
  e_mail:
    tags: [pii]
--- */
select order_id, status, amount, ordered_at from bronze.orders
