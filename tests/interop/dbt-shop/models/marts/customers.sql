{{ config(alias='dim_customers') }}
select c.customer_id, c.full_name, countries.name as country, countries.vat_percent,
       count(o.order_id) as orders, min(o.order_date) as first_order
from {{ ref('stg_customers') }} as c
left join {{ ref('countries') }} on countries.code = c.country
left join {{ ref('orders') }} as o on o.customer_id = c.customer_id
group by all
