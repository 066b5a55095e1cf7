#!/usr/bin/env python3
"""Writes Delta tables with delta-rs and what delta-rs itself reads from them: write_with_delta_rs.py OUT

One JSON line for each version of each table, {table, path, version, parquet}, and for each change feed,
{table, path, changes: true, timesInLog: true, parquet}.
"""
import datetime as dt
import decimal
import json
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

out = sys.argv[1]
UTC = dt.timezone.utc


def rows(start, end):
    ids = list(range(start, end))
    return pa.table({
        "id": pa.array(ids, pa.int64()),
        "s": pa.array([None if n % 5 == 0 else f"v{n} é" for n in ids]),
        "d": pa.array([decimal.Decimal(n) / 4 for n in ids], pa.decimal128(20, 5)),
        "t": pa.array([dt.datetime(2024, 1, 1, tzinfo=UTC) + dt.timedelta(microseconds=n * 1234567) for n in ids], pa.timestamp("us", "UTC")),
        "n": pa.array([{"x": n, "l": [n, None]} for n in ids], pa.struct([("x", pa.int32()), ("l", pa.list_(pa.int16()))])),
        "p": pa.array([n % 3 for n in ids], pa.int32()),
    })


def changing(path):
    feed = {"delta.enableChangeDataFeed": "true"}
    write_deltalake(path, rows(0, 40), partition_by=["p"], configuration=feed)
    write_deltalake(path, rows(40, 60), mode="append")
    table = DeltaTable(path)
    table.delete("id % 7 = 0")
    table.update(predicate="id % 10 = 1", updates={"s": "'u'"})
    table.create_checkpoint()
    source = rows(55, 65)
    merge = table.merge(source, predicate="t.id = n.id", source_alias="n", target_alias="t")
    merge.when_matched_update(updates={"s": "'merged'"}).when_not_matched_insert_all().execute()
    table.optimize.compact()
    write_deltalake(path, rows(0, 3), mode="overwrite")
    DeltaTable(path).restore(2)


def checkpoints(path):
    for n in range(13):
        write_deltalake(path, rows(n * 5, n * 5 + 5), mode="append")
        if n % 4 == 3:
            DeltaTable(path).create_checkpoint()
    DeltaTable(path).optimize.z_order(["id"])
    DeltaTable(path).delete("id < 9")


def growing(path):
    write_deltalake(path, pa.table({"a": pa.array([1, 2], pa.int32())}))
    write_deltalake(path, pa.table({"a": pa.array([3], pa.int32()), "b": ["x"]}), mode="append", schema_mode="merge")
    write_deltalake(path, pa.table({"z": [1.5, None]}), mode="overwrite", schema_mode="overwrite")


def partitioned(path):
    values = {
        "s": pa.array(["plain", "a b/c", "50%", "ü=漢", None, "it's", "#?&+[x]*"]),
        "b": pa.array([True, False, None, True, False, True, True]),
        "i": pa.array([1, -2, None, 4, 5, 6, 7], pa.int16()),
        "d": pa.array([dt.date(2024, 2, 29), None, dt.date(1, 1, 1), dt.date(9999, 12, 31)] + [dt.date(2000, 1, 1)] * 3),
        "m": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("2.25")] + [decimal.Decimal("7.00")] * 4, pa.decimal128(10, 2)),
        "t": pa.array([dt.datetime(2024, 2, 29, 1, 2, 3, 4, UTC), None] + [dt.datetime(1950, 1, 1, tzinfo=UTC)] * 5, pa.timestamp("us", "UTC")),
        "n": pa.array([dt.datetime(2024, 2, 29, 1, 2, 3, 4), None] + [dt.datetime(1950, 1, 1)] * 5, pa.timestamp("us")),
        "v": pa.array(range(7), pa.int64()),
    }
    write_deltalake(path, pa.table(values), partition_by=["s", "b", "i", "d", "m", "t", "n"])
    DeltaTable(path).delete("v = 3")


for make in (changing, checkpoints, growing, partitioned):
    path = os.path.join(out, "tables", make.__name__)
    os.makedirs(path)
    make(path)
    newest = DeltaTable(path).version()
    for version in range(newest + 1):
        parquet = os.path.join(out, f"{make.__name__}-{version}.parquet")
        pq.write_table(DeltaTable(path, version=version).to_pyarrow_table(), parquet)
        print(json.dumps({"table": make.__name__, "path": path, "version": version, "parquet": parquet}), flush=True)
    if make is changing:
        parquet = os.path.join(out, "changes.parquet")
        feed = DeltaTable(path).load_cdf(starting_version=0, ending_version=newest)
        changes = pa.table(feed.read_all())
        for name, kind in (("_commit_version", pa.int64()), ("_commit_timestamp", pa.timestamp("us", "UTC"))):
            at = changes.schema.get_field_index(name)
            changes = changes.set_column(at, name, changes.column(at).cast(kind))
        pq.write_table(changes, parquet)
        print(json.dumps({"table": make.__name__, "path": path, "changes": True, "timesInLog": True, "parquet": parquet}), flush=True)

# Threads of delta-rs that are still there may abort a Python that ends as usual.
sys.stdout.flush()
os._exit(0)
