/* ---
key: [account_id, valid_from]
--- */
-- The states of accounts, each with its customer as that was when the state began.
with told as (
  select *
  from bronze.customers
  where account_id is not null
  qualify row_number() over (partition by account_id, happened_at order by seq desc) = 1
),
states as (
  select
    account_id,
    happened_at as valid_from,
    lead(happened_at, 1, timestamp '9999-12-31') over (partition by account_id order by happened_at) as valid_to,
    if(action = 'CLOSEACCT', 'closed', 'open') as status,
    max(customer_id) over (partition by account_id) as customer_id,
    last_value(broker_id ignore nulls) over until_now as broker_id,
    last_value(tax_status ignore nulls) over until_now as tax_status
  from told
  window until_now as (partition by account_id order by happened_at rows between unbounded preceding and current row)
)
select s.*, b.name as broker, c.tier, c.country
from states s
left join silver.brokers b using (broker_id)
left join silver.customers c
  on c.customer_id = s.customer_id and s.valid_from >= c.valid_from and s.valid_from < c.valid_to
