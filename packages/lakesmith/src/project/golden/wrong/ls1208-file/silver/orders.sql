select * from 'landing/orders.parquet'
