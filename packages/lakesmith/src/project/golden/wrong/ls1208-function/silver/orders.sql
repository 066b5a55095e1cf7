select * from read_csv('landing/orders.csv')
