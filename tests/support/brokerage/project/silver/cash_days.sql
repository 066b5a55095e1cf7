/* ---
key: [account_id, day]
--- */
select account_id, happened_at::date as day, sum(amount) as amount, count(*) as transactions
from bronze.cash
group by all
