select order_id, amount + status::date as x from bronze.orders
