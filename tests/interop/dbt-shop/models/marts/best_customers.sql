select customers.full_name, customers.orders, row_number() over (order by customers.orders desc, customers.customer_id) as place
from {{ ref('customers') }} as customers
where customers.customer_id in (select customer_id from {{ ref('orders') }} where status <> 'returned')
qualify place <= 3
