/* ---
key: agency_id
--- */
select
  p.*,
  exists (
    from silver.customers c
    where c.is_current and c.status = 'active' and c.last_name = p.last_name and c.email = lower(p.email)
  ) as is_customer,
  concat_ws('+',
    case when p.net_worth > 1000000 or p.income > 200000 then 'HighValue' end,
    case when p.credit_rating < 600 or p.income < 50000 then 'MoneyAlert' end,
    case when p.age > 45 then 'Boomer' end) as nameplate
from bronze.prospects p
