insert into bronze.orders values (1)
