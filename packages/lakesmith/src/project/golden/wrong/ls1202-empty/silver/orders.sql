/* ---
key: order_id
--- */
