/* ---
from: 2026-05-01
--- */
select order_id from bronze.orders