select
    o.order_id,
    r.regoin,
from bronze.orders o
join reference.regions r on r.country = o.status
