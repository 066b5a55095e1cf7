select industry_name, country, count(*) as trades, sum(value) as value, count(distinct customer_id) as customers
from gold.trades
group by all
