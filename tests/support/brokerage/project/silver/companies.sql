/* ---
key: [cik, valid_from]
--- */
with told as (
  select
    strptime(substr(line, 1, 8), '%Y%m%d')::date as valid_from,
    substr(line, 12, 4)::bigint as cik,
    trim(substr(line, 16, 12)) as name,
    substr(line, 28, 2) as industry_id,
    trim(substr(line, 30, 4)) as rating
  from bronze.finwire
  where substr(line, 9, 3) = 'CMP'
)
select
  t.*,
  i.industry_name,
  lead(t.valid_from, 1, date '9999-12-31') over (partition by t.cik order by t.valid_from) as valid_to
from told t left join reference.industries i using (industry_id)
