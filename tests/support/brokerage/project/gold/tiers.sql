-- Customers as they are now, and what they watch.
select c.tier, count(distinct c.customer_id) as customers, count(w.symbol) as watched
from silver.customers c
left join gold.watches w on w.customer_id = c.customer_id and w.removed_at is null
where c.is_current
group by c.tier
