select order_id from gold.orders
