select order_id, sum(amount_cents) as amount_cents, max(paid_at) as paid_at, count(*) as payments
from {{ ref('stg_payments') }}
group by order_id
