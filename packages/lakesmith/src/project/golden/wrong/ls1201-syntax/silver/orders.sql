select order_id
from bronze.orders
whre amount > 0
