select order_id, ordered_at - ordered_at as took from bronze.orders
