select broker_id, broker, date_trunc('month', created_at) as month, count(*) as trades, sum(commission) as commission, sum(fee) as fees
from gold.trades
where status_name = 'Completed'
group by all
