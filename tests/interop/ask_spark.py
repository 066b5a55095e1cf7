#!/usr/bin/env python3
"""Answers SQL in one Spark session. Reads one JSON object per line, {sql} or {python}; writes {rows} (each as JSON text) or {error} per line.

    ask_spark.py SCRIPTS      (SCRIPTS: where check_tables.py lies, which knows how Spark is started)
"""
import json
import os
import sys

sys.path.insert(0, sys.argv[1])
from check_tables import local_session  # noqa: E402

os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
spark = local_session()
for key, value in {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.jsonGenerator.ignoreNullFields": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
}.items():
    spark.conf.set(key, value)
for line in sys.stdin:
    try:
        asked = json.loads(line)
        if "python" in asked:
            exec(asked["python"], {"spark": spark})  # noqa: S102 (the test's own code)
            answer = {"rows": []}
        else:
            answer = {"rows": spark.sql(asked["sql"]).toJSON().collect()}
    except Exception as error:  # noqa: BLE001 (whatever Spark refuses is an answer)
        answer = {"error": f"{type(error).__name__}: {str(error)[:2000]}"}
    print("ANSWER " + json.dumps(answer), flush=True)
spark.stop()
