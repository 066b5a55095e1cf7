# The same of delta-rs: commits-delta-rs.py TABLE COMMITS ROWS.
import decimal
import json
import resource
import sys
import time

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

path, commits, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
some = pa.table(
    {
        "id": pa.array(range(rows), pa.int64()),
        "name": [f"name {i}" for i in range(rows)],
        "amount": pa.array([decimal.Decimal(i) / 100 for i in range(rows)], pa.decimal128(12, 2)),
        "price": [i * 1.5 for i in range(rows)],
    }
)
write_deltalake(path, some)
table = DeltaTable(path)


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


times = []
began, began_cpu = time.perf_counter(), cpu()
for _ in range(commits):
    start = time.perf_counter()
    write_deltalake(table, some, mode="append")
    times.append((time.perf_counter() - start) * 1000)
wall, used = time.perf_counter() - began, cpu() - began_cpu
tenth = max(1, commits // 10)
middle = lambda some: sorted(some)[len(some) // 2]
print(
    json.dumps(
        {
            "commitsPerSecond": commits / wall,
            "cpuMs": used * 1000 / commits,
            "firstMs": middle(times[:tenth]),
            "lastMs": middle(times[-tenth:]),
        }
    )
)
