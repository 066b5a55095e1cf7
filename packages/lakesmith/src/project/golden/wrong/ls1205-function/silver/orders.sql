select order_id, lowr(status) as status from bronze.orders
