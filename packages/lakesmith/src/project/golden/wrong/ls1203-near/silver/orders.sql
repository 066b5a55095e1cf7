select order_id
from bronze.order
