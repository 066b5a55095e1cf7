# Sums by customer kept up by hand: refresh-delta-rs.py ORDERS TARGET. The target is made first of the orders as they were before the last commit.
import json
import resource
import sys
import time

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, QueryBuilder, write_deltalake

orders, path = sys.argv[1:]
last = DeltaTable(orders)
before = DeltaTable(orders, version=last.version() - 1)
sums = "select customer_id, count(*) as n, sum(amount) as s, sum(qty) as qt from orders group by customer_id"
write_deltalake(path, pa.table(QueryBuilder().register("orders", before).execute(sums)))


def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


began, cpu = time.perf_counter(), used()
feed = pa.table(last.load_cdf(starting_version=last.version(), columns=["customer_id", "amount", "qty", "_change_type"]))
came = pc.is_in(feed["_change_type"].cast(pa.string()), pa.array(["insert", "update_postimage"]))
sign = pc.if_else(came, pa.scalar(1, pa.int64()), pa.scalar(-1, pa.int64()))
signed = pa.table(
    {
        "customer_id": feed["customer_id"],
        "n": sign,
        "s": pc.if_else(came, feed["amount"], pc.negate(feed["amount"])),
        "qt": pc.multiply(feed["qty"].cast(pa.int64()), sign),
    }
)
change = signed.group_by("customer_id").aggregate([("n", "sum"), ("s", "sum"), ("qt", "sum")])
change = change.rename_columns(["customer_id", "n", "s", "qt"])
merger = DeltaTable(path).merge(
    change, "t.customer_id = c.customer_id", source_alias="c", target_alias="t"
)
merger = merger.when_matched_delete("t.n + c.n = 0")
merger = merger.when_matched_update({"n": "t.n + c.n", "s": "t.s + c.s", "qt": "t.qt + c.qt"})
merger.when_not_matched_insert({"customer_id": "c.customer_id", "n": "c.n", "s": "c.s", "qt": "c.qt"}).execute()
wall = (time.perf_counter() - began) * 1000
print(json.dumps({"changes": feed.num_rows, "wallMs": wall, "cpuMs": (used() - cpu) * 1000}))
