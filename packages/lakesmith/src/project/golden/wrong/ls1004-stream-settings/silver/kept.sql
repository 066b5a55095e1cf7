/* ---
kind: stream
refresh: strict
on_rebuild: hold
renamed_from:
  order_id: id
--- */
select order_id from bronze.orders
