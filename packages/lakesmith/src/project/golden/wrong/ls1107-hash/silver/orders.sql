/* ---
expect:
  warn:
    no_number: status <> 'no #1'
--- */
select order_id, status, amount, ordered_at from bronze.orders
