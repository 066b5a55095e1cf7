/* ---
key: trade_id
--- */
-- Each trade with its account, customer, broker and security as they were when it was begun.
select
  t.trade_id, t.created_at, t.closed_at, s.status_name, y.type_name, t.symbol, x.company, x.industry_name,
  t.account_id, a.customer_id, a.broker_id, a.broker, a.tier, a.country,
  t.quantity, t.bid_price, t.trade_price, t.fee, t.commission,
  t.quantity * t.trade_price as value
from silver.trades t
left join reference.statuses s using (status_id)
left join reference.trade_types y using (type_id)
left join silver.accounts a
  on a.account_id = t.account_id and t.created_at >= a.valid_from and t.created_at < a.valid_to
left join silver.securities x
  on x.symbol = t.symbol and t.created_at::date >= x.valid_from and t.created_at::date < x.valid_to
