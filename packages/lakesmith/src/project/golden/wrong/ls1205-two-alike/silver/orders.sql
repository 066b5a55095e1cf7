select order_id, status, upper(status) as status from bronze.orders
