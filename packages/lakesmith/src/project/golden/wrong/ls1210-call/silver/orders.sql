select order_id,
  f() as x
from bronze.orders
