/* ---
key: order_id
--- */
select order_id frm bronze.orders o where
