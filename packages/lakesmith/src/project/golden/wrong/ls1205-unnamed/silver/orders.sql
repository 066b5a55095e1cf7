select order_id, count(*)
from bronze.orders
group by all
