select order_id from silver.step
