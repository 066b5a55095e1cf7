select 'дц' as x from bronze.orders
