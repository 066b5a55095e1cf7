with source as (
    {#- a seed, as jaffle shop has it #}
    select * from {{ ref('raw_customers') }}
)

select
    id as customer_id,
    {{ shown_name('first_name', 'last_name') }} as full_name,
    country
from source
