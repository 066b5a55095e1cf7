select order_id, flavour from bronze.orders o join reference.regions r on r.country = o.status
