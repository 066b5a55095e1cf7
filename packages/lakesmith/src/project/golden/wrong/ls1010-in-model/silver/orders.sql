select order_id from bronze.orders
where status = $country
  and amount > $contry
