/* ---
key: [symbol, valid_from]
--- */
with told as (
  select
    strptime(substr(line, 1, 8), '%Y%m%d')::date as valid_from,
    trim(substr(line, 12, 6)) as symbol,
    substr(line, 18, 4)::bigint as shares,
    substr(line, 22, 4)::bigint as cik
  from bronze.finwire
  where substr(line, 9, 3) = 'SEC'
),
states as (
  select *, lead(valid_from, 1, date '9999-12-31') over (partition by symbol order by valid_from) as valid_to
  from told
)
select s.*, c.name as company, c.industry_name
from states s
left join silver.companies c on c.cik = s.cik and s.valid_from >= c.valid_from and s.valid_from < c.valid_to
