select count(*) as trades, count(closed_at) as closed, sum(value) as value, sum(commission) as commission from gold.trades
