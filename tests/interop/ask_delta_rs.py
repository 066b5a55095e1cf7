#!/usr/bin/env python3
"""Does to Delta tables what it is told, one JSON object per line: {path, kind, rows?, where?, set?}.

Writes ANSWER {rows} (each as JSON text) or ANSWER {error} per line. Rows have the columns id (long), part (string), n (long).
"""
import json
import sys

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake

schema = pa.schema([("id", pa.int64()), ("part", pa.string()), ("n", pa.int64())])


def arrow(rows):
    return pa.table({field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in schema}, schema)


def answer(asked):
    path, kind = asked["path"], asked["kind"]
    if kind == "append":
        write_deltalake(path, arrow(asked["rows"]), mode="append")
    elif kind == "overwrite":
        write_deltalake(path, arrow(asked["rows"]), mode="overwrite")
    elif kind == "delete":
        DeltaTable(path).delete(asked["where"])
    elif kind == "update":
        DeltaTable(path).update(predicate=asked["where"], updates=asked["set"])
    elif kind == "merge":
        merge = DeltaTable(path).merge(arrow(asked["rows"]), "t.id = s.id", source_alias="s", target_alias="t")
        merge.when_matched_update_all().when_not_matched_insert_all().execute()
    elif kind == "optimize":
        DeltaTable(path).optimize.compact()
    elif kind == "checkpoint":
        DeltaTable(path).create_checkpoint()
    elif kind == "read":
        where = asked.get("where", "true")
        table = pa.table(QueryBuilder().register("t", DeltaTable(path)).execute(f"select id, part, n from t where {where}"))
        return [json.dumps(row) for row in table.to_pylist()]
    elif kind == "version":
        return [json.dumps({"version": DeltaTable(path).version()})]
    else:
        raise ValueError(kind)
    return []


for line in sys.stdin:
    try:
        told = {"rows": answer(json.loads(line))}
    except Exception as error:  # noqa: BLE001 (whatever delta-rs refuses is an answer)
        told = {"error": f"{type(error).__name__}: {str(error)[:2000]}"}
    print("ANSWER " + json.dumps(told), flush=True)
