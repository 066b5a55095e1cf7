select
    order_id,
    status,,
from bronze.orders
