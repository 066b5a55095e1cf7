# The same merge by delta-rs: merge-delta-rs.py TABLE SOURCE.
import json
import resource
import sys
import time

import pyarrow.parquet as pq
from deltalake import DeltaTable

path, source = sys.argv[1:]
began = time.perf_counter()
table = DeltaTable(path)
merger = table.merge(pq.read_table(source), "target.order_id = source.order_id", source_alias="source", target_alias="target")
merger.when_matched_update_all().when_not_matched_insert_all().execute()
used = resource.getrusage(resource.RUSAGE_SELF)
wall = (time.perf_counter() - began) * 1000
print(json.dumps({"wallMs": wall, "cpuMs": (used.ru_utime + used.ru_stime) * 1000, "rssMb": used.ru_maxrss / 1024}))
