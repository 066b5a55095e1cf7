select order_id, amount from bronze.orders
