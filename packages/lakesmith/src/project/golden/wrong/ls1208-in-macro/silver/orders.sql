select order_id from late()
