select order_id, random() as luck from {{ ref('stg_orders') }}
