/* ---
key: [customer_id, valid_from]
expect:
  quarantine:
    has_a_name: last_name is not null
  warn:
    has_a_tier: tier between 1 and 3
--- */
-- One row for each time that a customer was the same; what is not told stays as it was.
with told as (
  select *
  from bronze.customers
  where action in ('NEW', 'UPDCUST', 'INACT')
  qualify row_number() over (partition by customer_id, happened_at order by seq desc) = 1
)
select
  customer_id,
  happened_at as valid_from,
  lead(happened_at, 1, timestamp '9999-12-31') over states as valid_to,
  lead(happened_at) over states is null as is_current,
  if(action = 'INACT', 'inactive', 'active') as status,
  last_value(tax_id ignore nulls) over until_now as tax_id,
  last_value(last_name ignore nulls) over until_now as last_name,
  last_value(tier ignore nulls) over until_now as tier,
  last_value(country ignore nulls) over until_now as country,
  last_value(lower(email) ignore nulls) over until_now as email
from told
window
  states as (partition by customer_id order by happened_at),
  until_now as (partition by customer_id order by happened_at rows between unbounded preceding and current row)
