select payment_id, order_id, method, amount_cents, amount_cents / 100 as amount, paid_at
from {{ source('till', 'payments') }}
