select order_id from sliver.orders
