select order_id from bronze.orders union all select order_id from silver.orders
