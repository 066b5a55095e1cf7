select order_id, random() as sample from bronze.orders
