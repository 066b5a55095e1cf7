-- One row per order: cleaned, and only its latest state.
/* ---
key: order_id
expect:
  quarantined:
    known_status: status in ('placed', 'paid', 'shipped', 'returned', 'cancelled')
--- */
select order_id, status, amount, ordered_at from bronze.orders
