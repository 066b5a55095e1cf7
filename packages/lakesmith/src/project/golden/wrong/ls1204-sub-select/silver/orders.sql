select s.order_id, s.stats
from (select order_id, upper(status) as status from bronze.orders) as s
