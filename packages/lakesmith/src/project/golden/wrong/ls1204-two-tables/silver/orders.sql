select order_id, regoin from bronze.orders o join reference.regions r on r.country = o.status
