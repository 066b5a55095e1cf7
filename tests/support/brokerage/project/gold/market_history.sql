/* ---
key: [symbol, day]
--- */
-- Each day beside the highest and the lowest price of the year before it, and what the company earned.
with days as (
  select
    day, symbol, close, high, low, volume,
    max(high) over a_year as year_high,
    min(low) over a_year as year_low
  from bronze.market
  window a_year as (partition by symbol order by day range between interval 364 days preceding and current row)
)
select
  d.*, x.company, x.cik,
  e.eps_of_a_year,
  round(d.close / nullif(e.eps_of_a_year, 0), 4) as price_to_earnings
from days d
left join silver.securities x on x.symbol = d.symbol and d.day >= x.valid_from and d.day < x.valid_to
left join silver.earnings e on e.cik = x.cik and e.year = year(d.day) and e.quarter = quarter(d.day)
