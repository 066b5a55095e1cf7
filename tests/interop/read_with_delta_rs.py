#!/usr/bin/env python3
"""Opens Delta tables with delta-rs and writes what it saw as Parquet: read_with_delta_rs.py OUT TABLE...

One JSON line per table: {path, version, rows, parquet} or {path, error}. Rows come as Arrow's plain text types, not as
views: Arrow cannot write views inside lists yet.
"""
import json
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, QueryBuilder

out, *paths = sys.argv[1:]
for n, path in enumerate(paths):
    try:
        table = DeltaTable(path)
        # The one refuses deletion vectors, the other gives views.
        if "deletionVectors" in (table.protocol().reader_features or []):
            rows = pa.table(QueryBuilder().register("t", table).execute("select * from t"))
        else:
            rows = table.to_pyarrow_table()
        file = os.path.join(out, f"{n}.parquet")
        pq.write_table(rows, file)
        line = {"path": path, "version": table.version(), "rows": rows.num_rows, "parquet": file}
    except Exception as error:
        line = {"path": path, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(line), flush=True)
