select 'größer' as größe,
    o.amuont
from bronze.orders o
