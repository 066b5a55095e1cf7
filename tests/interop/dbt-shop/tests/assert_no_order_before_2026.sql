select order_id from {{ ref('orders') }} where order_date < date '2026-01-01'
