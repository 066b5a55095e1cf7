-- Türkiye first: 🛒 a character outside of the basic plane before a name that is replaced
select raw_orders.id as order_id, user_id as customer_id, order_date, status
from {{ ref('raw_orders') }}
