select order_id, status, amount, ordered_at from bronze.orders
