/* ---
kind: stream
refresh: strict
on_rebuild: hold
renamed_from:
  order_id: id
joins: then
--- */
select order_id from bronze.orders
