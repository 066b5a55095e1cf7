# The same of delta-rs: log-delta-rs.py read|refresh TABLE.
import glob
import json
import os
import sys
import time

from deltalake import DeltaTable

what, path = sys.argv[1:]
began = time.perf_counter()
table = DeltaTable(path)
files = len(table.file_uris())
elapsed = (time.perf_counter() - began) * 1000
if what == "read":
    print(json.dumps({"snapshotMs": elapsed, "files": files}))
else:
    newest = sorted(glob.glob(os.path.join(path, "_delta_log", "*.json")))[-1]
    version = int(os.path.basename(newest)[:20]) + 1
    add = {"path": "new.parquet", "partitionValues": {"day": "2024-01-01"}, "size": 1, "modificationTime": 1, "dataChange": True}
    with open(os.path.join(path, "_delta_log", f"{version:020d}.json"), "w") as file:
        file.write(json.dumps({"add": add}) + "\n")
    began = time.perf_counter()
    table.update_incremental()
    print(json.dumps({"refreshMs": (time.perf_counter() - began) * 1000}))
