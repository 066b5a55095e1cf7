/* ---
key: order_id
expect:
  quarantined:
    known_status: status in ('paid', 'placed')
--- */
select order_id, status, amount, ordered_at from bronze.orders
