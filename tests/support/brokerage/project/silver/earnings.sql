/* ---
key: [cik, year, quarter]
--- */
-- Of each quarter, and the sum of it and the three before.
with told as (
  select
    substr(line, 12, 4)::bigint as cik,
    substr(line, 16, 4)::int as year,
    substr(line, 20, 1)::int as quarter,
    substr(line, 21, 8)::decimal(10,2) as eps
  from bronze.finwire
  where substr(line, 9, 3) = 'FIN'
)
select
  *,
  sum(eps) over (partition by cik order by year * 4 + quarter range between 3 preceding and current row) as eps_of_a_year
from told
