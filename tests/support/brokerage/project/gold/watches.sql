/* ---
key: [customer_id, symbol]
--- */
select
  w.customer_id, w.symbol,
  min(w.happened_at) filter (w.action = 'ACTV') as placed_at,
  max(w.happened_at) filter (w.action = 'CNCL') as removed_at
from bronze.watches w
group by all
