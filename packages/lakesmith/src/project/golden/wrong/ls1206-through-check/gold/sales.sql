select order_id from silver.orders
