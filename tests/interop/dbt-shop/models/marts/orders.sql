{{ config(materialized='incremental', unique_key='order_id') }}
select o.order_id, o.customer_id, o.order_date, o.status, p.amount_cents, p.paid_at, p.payments
from {{ ref('stg_orders') }} as o
left join {{ ref('int_order_payments') }} as p using (order_id)
{% if is_incremental() %}
where o.order_date > (select max(order_date) from {{ this }})
{% endif %}
