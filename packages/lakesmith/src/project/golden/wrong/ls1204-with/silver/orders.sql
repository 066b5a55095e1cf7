with good as (
    select order_id, amount from bronze.orders
)
select g.order_id, g.amuont
from good g
