select distinct status from bronze.orders
