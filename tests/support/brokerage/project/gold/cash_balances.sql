/* ---
key: [account_id, day]
--- */
select
  account_id, day,
  sum(amount) over (partition by account_id order by day) as balance
from silver.cash_days
