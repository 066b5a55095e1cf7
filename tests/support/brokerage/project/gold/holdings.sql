-- What each trade left in hand, beside the trade that began it.
select
  h.trade_id, h.held_trade_id, h.quantity_before, h.quantity_after,
  t.account_id, t.customer_id, t.symbol, t.company, t.closed_at::date as day, t.trade_price
from bronze.holdings h
join gold.trades t on t.trade_id = h.held_trade_id
