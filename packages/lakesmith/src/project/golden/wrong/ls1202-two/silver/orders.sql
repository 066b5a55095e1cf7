select order_id from bronze.orders;
select 2 as two
