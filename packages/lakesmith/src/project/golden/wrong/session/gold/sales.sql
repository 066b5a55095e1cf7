-- Sales.
/* ---
key: order_id
--- */
select
    o.order_id,
    o.status,
    r.regoin,
from bronze.orders o
left join reference.regions r on r.country = o.status
