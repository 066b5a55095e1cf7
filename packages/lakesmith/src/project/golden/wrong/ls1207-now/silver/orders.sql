select order_id,
    now() - ordered_at as age
from bronze.orders
