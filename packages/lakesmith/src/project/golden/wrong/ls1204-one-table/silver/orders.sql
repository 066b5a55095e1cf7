select order_id, amuont from bronze.orders
