"""A Spark session with Delta Lake on this machine, up when it has answered one question."""

import sys
from pathlib import Path

from pyspark.sql import SparkSession

jars = ",".join(str(jar) for jar in Path(sys.argv[1]).glob("*.jar"))
spark = (
    SparkSession.builder.master("local[*]")
    .config("spark.jars", jars)
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .getOrCreate()
)
assert spark.sql("select 1").collect()[0][0] == 1
print("up", flush=True)
spark.stop()
