select order_id from bronze.orders where amount > $least
