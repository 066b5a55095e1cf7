/* ---
kind: date
from: 2026-05-01
to: +2y
--- */
select 1 as date