select order_id, amount from silver.step
