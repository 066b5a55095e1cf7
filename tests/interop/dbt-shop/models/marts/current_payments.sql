select payment_id, amount_cents, dbt_valid_from as since, dbt_valid_to as until
from {{ ref('payment_versions') }}
where dbt_valid_to is null
