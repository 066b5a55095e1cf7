/* ---
key: trade_id
--- */
-- The newest state of each trade, and when it was begun and ended.
with states as (
  select
    *,
    min(happened_at) over (partition by trade_id) as created_at,
    max(happened_at) filter (status_id in ('CMPT', 'CNCL')) over (partition by trade_id) as closed_at
  from bronze.trades
)
select trade_id, created_at, closed_at, status_id, type_id, symbol, quantity, bid_price, account_id, trade_price, fee, commission
from states
qualify row_number() over (partition by trade_id order by cdc_dsn desc) = 1
