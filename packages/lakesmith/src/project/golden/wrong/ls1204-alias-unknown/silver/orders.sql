select x.order_id from bronze.orders o
