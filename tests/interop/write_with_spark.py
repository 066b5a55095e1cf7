#!/usr/bin/env python3
"""Writes Delta tables with Spark, one for each thing that Spark can do to a table, and what Spark itself reads from them.

    write_with_spark.py SCRIPTS OUT [NAME...]      (SCRIPTS: where check_tables.py lies, which knows how Spark is started)

One JSON line for some versions and each change feed of each table: {table, path, version, parquet}, {table, path, changes: true, parquet};
a line {table, error} when Spark itself cannot write the table.
"""
import json
import os
import sys

scripts, out, *only = sys.argv[1:]
sys.path.insert(0, scripts)
from check_tables import local_session  # noqa: E402

# Many small queries in one short life: what is compiled for speed is never fast enough to pay for it.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
spark = local_session()
sql = spark.sql
spark.conf.set("spark.sql.codegen.wholeStage", "false")
spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
spark.conf.set("spark.sql.shuffle.partitions", "1")
spark.conf.set("spark.databricks.delta.snapshotPartitions", "1")
spark.conf.set("spark.sql.session.timeZone", "UTC")
spark.conf.set("spark.databricks.delta.properties.defaults.checkpointInterval", "3")
tables = {}


def table(make):
    tables[make.__name__] = make
    return make


def create(path, columns, properties="", tail=""):
    listed = f"TBLPROPERTIES ({properties})" if properties else ""
    sql(f"CREATE TABLE delta.`{path}` ({columns}) USING delta {tail} {listed}")


def each(path, statements):
    for statement in statements.replace("{t}", f"delta.`{path}`").split(";"):
        if statement.strip():
            sql(statement)


MERGE = """
MERGE INTO {t} t USING (SELECT id, concat('m', id) s FROM range(90, 110)) n ON t.id = n.id
WHEN MATCHED AND t.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET s = n.s WHEN NOT MATCHED THEN INSERT *;
"""


@table
def deletion_vectors(path):
    create(path, "id BIGINT, s STRING", "'delta.enableDeletionVectors'='true'")
    each(path, """
        INSERT INTO {t} SELECT /*+ REPARTITION(3) */ id, concat('v', id) FROM range(100);
        DELETE FROM {t} WHERE id % 7 = 0; UPDATE {t} SET s = 'u' WHERE id % 11 = 0;""" + MERGE + """
        DELETE FROM {t} WHERE id < 5; INSERT INTO {t} SELECT id, 'late' FROM range(200, 300); DELETE FROM {t} WHERE s = 'late' AND id % 2 = 1;
        OPTIMIZE {t}; DELETE FROM {t} WHERE id = 298; RESTORE TABLE {t} TO VERSION AS OF 4""")


@table
def many_deleted_rows(path):
    create(path, "id BIGINT", "'delta.enableDeletionVectors'='true'")
    each(path, """
        INSERT INTO {t} SELECT /*+ COALESCE(1) */ id FROM range(0, 300000, 1, 1);
        DELETE FROM {t} WHERE id % 2 = 0; DELETE FROM {t} WHERE id BETWEEN 70000 AND 200000; DELETE FROM {t} WHERE id = 299999""")


@table
def mapping_name(path):
    create(path, "id BIGINT, `a b` STRING, n STRUCT<x: INT, y: STRUCT<z: STRING, w: DOUBLE>>, l ARRAY<STRUCT<p: INT, q: STRING>>, m MAP<STRING, STRUCT<k: INT>>, gone INT",
           "'delta.columnMapping.mode'='name', 'delta.enableDeletionVectors'='true'")
    row = "named_struct('x', CAST(id AS INT), 'y', named_struct('z', concat('z', id), 'w', id / 3)), array(named_struct('p', CAST(id AS INT), 'q', 'q')), map('k', named_struct('k', CAST(id AS INT)))"
    each(path, f"""
        INSERT INTO {{t}} SELECT id, concat('s', id), {row}, 7 FROM range(20);
        ALTER TABLE {{t}} RENAME COLUMN `a b` TO `c, d`; ALTER TABLE {{t}} RENAME COLUMN n.y.z TO zed; ALTER TABLE {{t}} DROP COLUMN gone;
        INSERT INTO {{t}} SELECT id, 'later', {row.replace("'z', concat", "'zed', concat")} FROM range(20, 30);
        ALTER TABLE {{t}} RENAME COLUMN l.element.q TO r; ALTER TABLE {{t}} DROP COLUMN n.x; ALTER TABLE {{t}} ADD COLUMN gone STRING;
        ALTER TABLE {{t}} ADD COLUMN n.x STRING; DELETE FROM {{t}} WHERE id % 5 = 0; UPDATE {{t}} SET gone = 'back', n.x = 'new' WHERE id > 25;
        ALTER TABLE {{t}} RENAME COLUMN id TO `ключ.1`""")


@table
def mapping_id(path):
    create(path, "id INT, p STRING, n STRUCT<x: INT, y: ARRAY<STRUCT<z: INT>>>, m MAP<INT, STRUCT<v: STRING, u: DATE>>", "'delta.columnMapping.mode'='id'", "PARTITIONED BY (p)")
    row = "named_struct('x', id, 'y', array(named_struct('z', id), NULL)), map(id, named_struct('v', 'v', 'u', DATE'2020-02-29'))"
    each(path, f"""
        INSERT INTO {{t}} SELECT CAST(id AS INT) id, concat('p', id % 2), {row} FROM (SELECT CAST(id AS INT) id FROM range(10));
        ALTER TABLE {{t}} RENAME COLUMN n.y.element.z TO zz; ALTER TABLE {{t}} RENAME COLUMN p TO part; ALTER TABLE {{t}} DROP COLUMN n.x;
        ALTER TABLE {{t}} ADD COLUMN n.x INT; UPDATE {{t}} SET n.x = 99 WHERE id = 3; ALTER TABLE {{t}} RENAME COLUMN m.value.u TO `when`""")


@table
def mapping_upgraded(path):
    create(path, "id BIGINT, s STRING, t STRUCT<a: INT>")
    each(path, """
        INSERT INTO {t} SELECT id, 's', named_struct('a', 1) FROM range(5);
        ALTER TABLE {t} SET TBLPROPERTIES ('delta.columnMapping.mode'='name', 'delta.minReaderVersion'='2', 'delta.minWriterVersion'='5');
        ALTER TABLE {t} RENAME COLUMN t.a TO b; INSERT INTO {t} SELECT id, 't', named_struct('b', 2) FROM range(5); ALTER TABLE {t} DROP COLUMN s;
        ALTER TABLE {t} ADD COLUMN s INT; INSERT INTO {t} SELECT id, named_struct('b', 3), 8 FROM range(2)""")


@table
def checkpoints_v2(path):
    spark.conf.set("spark.databricks.delta.checkpoint.partSize", "2")
    try:
        create(path, "id BIGINT, p INT, ts TIMESTAMP", "'delta.checkpointPolicy'='v2', 'delta.enableDeletionVectors'='true'", "PARTITIONED BY (p)")
        each(path, "".join(f"INSERT INTO {{t}} SELECT id, id % 4, timestamp_seconds(id) FROM range({n}, {n + 8});" for n in range(0, 72, 8)) + "DELETE FROM {t} WHERE id % 9 = 4")
    finally:
        spark.conf.unset("spark.databricks.delta.checkpoint.partSize")


@table
def checkpoints_v2_json(path):
    spark.conf.set("spark.databricks.delta.checkpointV2.topLevelFileFormat", "json")
    try:
        create(path, "id BIGINT, s STRING", "'delta.checkpointPolicy'='v2'")
        each(path, "".join(f"INSERT INTO {{t}} SELECT id, 'x' FROM range({n}, {n + 3});" for n in range(0, 21, 3)))
    finally:
        spark.conf.unset("spark.databricks.delta.checkpointV2.topLevelFileFormat")


@table
def checkpoints_multipart(path):
    spark.conf.set("spark.databricks.delta.checkpoint.partSize", "3")
    try:
        create(path, "id BIGINT, p STRING", "", "PARTITIONED BY (p)")
        each(path, "".join(f"INSERT INTO {{t}} SELECT id, concat('k', id % 3) FROM range({n}, {n + 6});" for n in range(0, 48, 6)) + "DELETE FROM {t} WHERE p = 'k1'")
    finally:
        spark.conf.unset("spark.databricks.delta.checkpoint.partSize")


@table
def struct_statistics_only(path):
    create(path, "id BIGINT, d DECIMAL(20,4), ts TIMESTAMP, n STRUCT<x: DATE>", "'delta.checkpoint.writeStatsAsStruct'='true', 'delta.checkpoint.writeStatsAsJson'='false'")
    each(path, "".join(f"INSERT INTO {{t}} SELECT id, id / 3, timestamp_micros(id * 1234567890123), named_struct('x', date_from_unix_date(CAST(id AS INT))) FROM range({n}, {n + 3});" for n in range(0, 21, 3)))


@table
def change_feed(path):
    create(path, "id BIGINT, s STRING, p INT", "'delta.enableChangeDataFeed'='true'", "PARTITIONED BY (p)")
    each(path, "INSERT INTO {t} SELECT id, concat('v', id), id % 3 FROM range(100); UPDATE {t} SET s = 'u' WHERE id % 10 = 0; DELETE FROM {t} WHERE id % 13 = 0; DELETE FROM {t} WHERE p = 2;"
         + MERGE.replace("concat('m', id) s", "concat('m', id) s, 9 p") + "UPDATE {t} SET p = 5 WHERE id = 1; OPTIMIZE {t}; INSERT OVERWRITE {t} VALUES (1, 'a', 1), (2, NULL, NULL); RESTORE TABLE {t} TO VERSION AS OF 3")


@table
def change_feed_with_vectors(path):
    create(path, "id BIGINT, s STRING", "'delta.enableChangeDataFeed'='true', 'delta.enableDeletionVectors'='true', 'delta.columnMapping.mode'='name', 'delta.enableInCommitTimestamps'='true'")
    each(path, "INSERT INTO {t} SELECT id, concat('v', id) FROM range(100); DELETE FROM {t} WHERE id % 3 = 0; UPDATE {t} SET s = 'u' WHERE id % 10 = 0;" + MERGE
         + "DELETE FROM {t} WHERE id % 5 = 1; RESTORE TABLE {t} TO VERSION AS OF 2; ALTER TABLE {t} ADD COLUMN more INT; INSERT INTO {t} VALUES (1000, 'new', 1)")


@table
def type_widening(path):
    create(path, "b TINYINT, s SMALLINT, i INT, f FLOAT, d DECIMAL(5,2), t DATE, n STRUCT<x: TINYINT, l: ARRAY<SMALLINT>, m: MAP<TINYINT, INT>>, e INT, q SMALLINT", "'delta.enableTypeWidening'='true', 'delta.feature.timestampNtz'='supported'")
    row = "SELECT CAST(id AS TINYINT), CAST(id AS SMALLINT), CAST(id AS INT), CAST(id / 7 AS FLOAT), CAST(id AS DECIMAL(5,2)), date_from_unix_date(CAST(id AS INT) * 1000 - 30000), named_struct('x', CAST(id AS TINYINT), 'l', array(CAST(id AS SMALLINT)), 'm', map(CAST(id AS TINYINT), CAST(id AS INT))), CAST(id AS INT), CAST(id AS SMALLINT) FROM range(-20, 20)"
    each(path, f"""INSERT INTO {{t}} {row};
        ALTER TABLE {{t}} ALTER COLUMN b TYPE SMALLINT; ALTER TABLE {{t}} ALTER COLUMN s TYPE INT; ALTER TABLE {{t}} ALTER COLUMN i TYPE BIGINT; ALTER TABLE {{t}} ALTER COLUMN f TYPE DOUBLE;
        ALTER TABLE {{t}} ALTER COLUMN d TYPE DECIMAL(12,4); ALTER TABLE {{t}} ALTER COLUMN t TYPE TIMESTAMP_NTZ; ALTER TABLE {{t}} ALTER COLUMN n.x TYPE INT; ALTER TABLE {{t}} ALTER COLUMN n.l.element TYPE INT;
        ALTER TABLE {{t}} ALTER COLUMN n.m.key TYPE INT; ALTER TABLE {{t}} ALTER COLUMN e TYPE DOUBLE; ALTER TABLE {{t}} ALTER COLUMN q TYPE DECIMAL(20,3);
        INSERT INTO {{t}} VALUES (30000, 2000000000, 9223372036854775807, 0.1, 12345678.9999, TIMESTAMP_NTZ'2024-01-01 12:34:56.123456', named_struct('x', 1000000, 'l', array(1000000), 'm', map(1000000, 1)), 1e300, 12345678901234567.891);
        ALTER TABLE {{t}} ALTER COLUMN b TYPE BIGINT; DELETE FROM {{t}} WHERE i = 3""")


@table
def clustering(path):
    create(path, "id BIGINT, c STRUCT<k: INT, s: STRING>, d DATE", "'delta.enableDeletionVectors'='true'", "CLUSTER BY (d, c.k)")
    each(path, """INSERT INTO {t} SELECT id, named_struct('k', CAST(id % 5 AS INT), 's', 'x'), date_from_unix_date(CAST(id % 50 AS INT)) FROM range(200);
        INSERT INTO {t} SELECT id, named_struct('k', CAST(id % 5 AS INT), 's', 'y'), date_from_unix_date(CAST(id % 50 AS INT)) FROM range(200, 300); OPTIMIZE {t}; ALTER TABLE {t} CLUSTER BY (id); OPTIMIZE {t} FULL; DELETE FROM {t} WHERE id = 8""")


@table
def commit_timestamps(path):
    create(path, "id BIGINT")
    each(path, "INSERT INTO {t} VALUES (1); ALTER TABLE {t} SET TBLPROPERTIES ('delta.enableInCommitTimestamps'='true'); INSERT INTO {t} VALUES (2); INSERT INTO {t} VALUES (3); DELETE FROM {t} WHERE id = 1")


@table
def row_tracking(path):
    create(path, "id BIGINT, s STRING", "'delta.enableRowTracking'='true', 'delta.enableDeletionVectors'='false'")
    each(path, "INSERT INTO {t} SELECT /*+ REPARTITION(2) */ id, 'a' FROM range(100); UPDATE {t} SET s = 'u' WHERE id % 10 = 0;" + MERGE + "OPTIMIZE {t}; INSERT INTO {t} VALUES (500, 'z'); DELETE FROM {t} WHERE id = 500")


@table
def computed_columns(path):
    from delta.tables import DeltaTable, IdentityGenerator
    from pyspark.sql.types import IntegerType, LongType
    (DeltaTable.create(spark).location(path)
     .addColumn("id", LongType(), generatedAlwaysAs=IdentityGenerator(start=10, step=5))
     .addColumn("x", "INT", nullable=False).addColumn("at", "TIMESTAMP")
     .addColumn("day", "DATE", generatedAlwaysAs="CAST(at AS DATE)").addColumn("twice", IntegerType(), generatedAlwaysAs="x * 2")
     .partitionedBy("day").property("delta.feature.allowColumnDefaults", "supported").execute())
    each(path, """ALTER TABLE {t} ADD COLUMN d STRING; ALTER TABLE {t} ALTER COLUMN d SET DEFAULT 'it''s'; ALTER TABLE {t} ADD CONSTRAINT positive CHECK (x > 0);
        INSERT INTO {t} (x, at) VALUES (1, TIMESTAMP'2024-01-01 23:59:59.999999'), (2, TIMESTAMP'1950-06-01 00:00:00'); INSERT INTO {t} (x, at, d) VALUES (3, NULL, 'own'); UPDATE {t} SET x = 30 WHERE x = 3""")


@table
def variants(path):
    create(path, "id BIGINT, v VARIANT, n STRUCT<w: VARIANT>, l ARRAY<VARIANT>")
    each(path, """INSERT INTO {t} SELECT 1, parse_json('{"a": [1, 2.5, "x", null, true], "b": {"c": 123456789012345}}'), named_struct('w', parse_json('"text"')), array(parse_json('1'), NULL);
        INSERT INTO {t} SELECT 2, NULL, NULL, NULL; INSERT INTO {t} SELECT id + 3, parse_json(concat('{"k":', id, '}')), named_struct('w', parse_json('false')), array() FROM range(20);
        INSERT INTO {t} SELECT 100, CAST(v AS VARIANT), NULL, NULL FROM VALUES (DATE'2024-02-29') AS s(v); INSERT INTO {t} SELECT 101, CAST(TIMESTAMP'2024-02-29 01:02:03.000004' AS VARIANT), NULL, NULL;
        INSERT INTO {t} SELECT 102, CAST(CAST(1.25 AS DECIMAL(9,4)) AS VARIANT), NULL, NULL; INSERT INTO {t} SELECT 103, CAST(X'00ff' AS VARIANT), NULL, NULL; DELETE FROM {t} WHERE id = 5""")


ALL = """b BOOLEAN, i8 TINYINT, i16 SMALLINT, i32 INT, i64 BIGINT, f32 FLOAT, f64 DOUBLE, d9 DECIMAL(9,2), d18 DECIMAL(18,9), d38 DECIMAL(38,18), s STRING, x BINARY, dt DATE, ts TIMESTAMP, tn TIMESTAMP_NTZ"""
EXTREMES = [
    "(true, 127, 32767, 2147483647, 9223372036854775807, CAST(3.4028235e38 AS FLOAT), 1.7976931348623157e308, 9999999.99, 999999999.999999999, 99999999999999999999.999999999999999999, 'é漢😀', X'00ff80', DATE'9999-12-31', TIMESTAMP'9999-12-31 23:59:59.999999', TIMESTAMP_NTZ'9999-12-31 23:59:59.999999')",
    "(false, -128, -32768, -2147483648, -9223372036854775808, CAST('-Infinity' AS FLOAT), CAST('NaN' AS DOUBLE), -9999999.99, -999999999.999999999, -99999999999999999999.999999999999999999, '', X'', DATE'0001-01-01', TIMESTAMP'0001-01-01 00:00:00', TIMESTAMP_NTZ'0001-01-01 00:00:00.000001')",
    "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    "(true, 0, 0, 0, 0, CAST(1.4e-45 AS FLOAT), CAST('Infinity' AS DOUBLE), 0, 0.000000001, 0.000000000000000001, 'line\\nbreak\\ttab', X'0a', DATE'1582-10-15', TIMESTAMP'1582-10-15 00:00:00', TIMESTAMP_NTZ'1900-01-01 00:00:00')",
]


@table
def all_types(path):
    create(path, ALL)
    each(path, "".join(f"INSERT INTO {{t}} VALUES {row};" for row in EXTREMES) + f"OPTIMIZE {{t}}; INSERT INTO {{t}} VALUES {EXTREMES[0]}")


@table
def all_types_int96(path):
    spark.conf.set("spark.sql.parquet.outputTimestampType", "INT96")
    try:
        create(path, "ts TIMESTAMP, l ARRAY<TIMESTAMP>, n STRUCT<t: TIMESTAMP>")
        each(path, "".join(f"INSERT INTO {{t}} SELECT t, array(t, NULL), named_struct('t', t) FROM VALUES (TIMESTAMP'{t}') AS v(t);" for t in ["2024-01-01 12:34:56.123456", "1677-01-01 00:00:00", "9999-12-31 23:59:59.999999", "0001-01-01 00:00:00.000001", "2262-04-12 00:00:00"]))
    finally:
        spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")


@table
def nested_everything(path):
    s = f"STRUCT<{', '.join(c.replace(' ', ': ', 1) for c in ALL.split(', ') if 'DECIMAL' not in c)}>"
    create(path, f"id INT, n STRUCT<a: {s}, l: ARRAY<ARRAY<{s}>>>, m MAP<STRING, MAP<INT, ARRAY<DECIMAL(20,5)>>>, k MAP<STRUCT<x: INT, y: DATE>, STRING>")
    v = "named_struct('b', true, 'i8', CAST(1 AS TINYINT), 'i16', CAST(2 AS SMALLINT), 'i32', 3, 'i64', 4L, 'f32', CAST(0.5 AS FLOAT), 'f64', 0.25D, 's', 'text', 'x', X'01', 'dt', DATE'2020-01-01', 'ts', TIMESTAMP'2020-01-01 00:00:00.000001', 'tn', TIMESTAMP_NTZ'2020-01-01 00:00:00')"
    each(path, f"""INSERT INTO {{t}} SELECT 1, named_struct('a', {v}, 'l', array(array({v}, NULL), NULL, array())), map('k', map(1, array(CAST(1.5 AS DECIMAL(20,5)), NULL))), map(named_struct('x', 1, 'y', DATE'2020-01-01'), 'v');
        INSERT INTO {{t}} SELECT 2, NULL, NULL, NULL; INSERT INTO {{t}} SELECT 3, named_struct('a', NULL, 'l', array()), map(), map(); INSERT INTO {{t}} SELECT 4, named_struct('a', NULL, 'l', NULL), map('k', NULL), map(named_struct('x', NULL, 'y', NULL), NULL)""")


def partitioned_by(name, kind, values):
    def make(path):
        create(path, f"id INT, p {kind}, tail STRING", "", "PARTITIONED BY (p)")
        rows = ", ".join(f"({i}, CAST({value} AS {kind}), 'x')" for i, value in enumerate(values))
        each(path, f"INSERT INTO {{t}} VALUES {rows}; INSERT INTO {{t}} SELECT 99, CAST({values[0]} AS {kind}), 'y'; DELETE FROM {{t}} WHERE id = 0")
    make.__name__ = f"partitioned_by_{name}"
    table(make)


partitioned_by("string", "STRING", ["NULL", "'plain'", "''", "'a b'", "'US/East'", "'50%'", "'%2F'", "'a=b'", "'ü漢😀'", "'#?&+'", "'[x]*{y}'", "'it''s \"q\"'", "'back\\\\slash'", "'null'", "'__HIVE_DEFAULT_PARTITION__'", "' lead'", "'trail '", "'a:b'", "'tab\\tnew\\nline'"])
partitioned_by("date", "DATE", ["DATE'2024-02-29'", "NULL", "DATE'0001-01-01'", "DATE'9999-12-31'"])
partitioned_by("timestamp", "TIMESTAMP", ["TIMESTAMP'2024-02-29 01:02:03.000004'", "NULL", "TIMESTAMP'1950-01-01 00:00:00'", "TIMESTAMP'9999-12-31 23:59:59.999999'", "TIMESTAMP'0001-01-01 00:00:00.1'"])
partitioned_by("timestamp_ntz", "TIMESTAMP_NTZ", ["TIMESTAMP_NTZ'2024-02-29 01:02:03.000004'", "NULL", "TIMESTAMP_NTZ'1950-01-01 00:00:00'"])
partitioned_by("boolean", "BOOLEAN", ["true", "false", "NULL"])
partitioned_by("byte", "TINYINT", ["-128", "127", "NULL"])
partitioned_by("short", "SMALLINT", ["-32768", "32767", "NULL"])
partitioned_by("int", "INT", ["-2147483648", "2147483647", "NULL"])
partitioned_by("long", "BIGINT", ["-9223372036854775808", "9223372036854775807", "NULL"])
partitioned_by("float", "FLOAT", ["0.1", "'1e-40'", "'NaN'", "'Infinity'", "'-Infinity'", "'3.4028235e38'", "NULL"])
partitioned_by("double", "DOUBLE", ["0.1", "'5e-324'", "'NaN'", "'Infinity'", "'-Infinity'", "'1e21'", "'-0.0'", "'1.7976931348623157e308'", "NULL"])
partitioned_by("decimal", "DECIMAL(38,18)", ["'99999999999999999999.999999999999999999'", "0.1", "'-0.000000000000000001'", "NULL"])
partitioned_by("binary", "BINARY", ["X'616263'", "NULL", "X''", "'é漢'"])


@table
def schema_changes(path):
    create(path, "id BIGINT, a STRING")
    each(path, """INSERT INTO {t} VALUES (1, 'a'); ALTER TABLE {t} ADD COLUMNS (n STRUCT<x: INT>, z DOUBLE FIRST); INSERT INTO {t} VALUES (1.5, 2, 'b', named_struct('x', 1));
        ALTER TABLE {t} ADD COLUMNS (n.y ARRAY<STRING>); INSERT INTO {t} VALUES (NULL, 3, NULL, named_struct('x', 2, 'y', array('q')))""")
    spark.range(5).selectExpr("CAST(id AS STRING) a", "id * 2 AS other").write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(path)
    spark.range(3).selectExpr("id AS fresh").write.format("delta").mode("append").option("mergeSchema", "true").save(path)


@table
def repartitioned(path):
    spark.range(10).selectExpr("id", "id % 2 AS p", "id % 3 AS q").write.format("delta").partitionBy("p").save(path)
    spark.range(10).selectExpr("id", "id % 2 AS p", "id % 3 AS q").write.format("delta").mode("overwrite").option("overwriteSchema", "true").partitionBy("q", "p").save(path)
    each(path, "DELETE FROM {t} WHERE q = 1; INSERT INTO {t} VALUES (77, NULL, 5)")


@table
def odd_names(path):
    create(path, "`Id` INT, `über straße` STRING, `a.b` INT, `semi:colon` INT, `q\"uote` STRING, `per%cent` STRING, `sl/ash` INT", "'delta.columnMapping.mode'='name'", "PARTITIONED BY (`per%cent`, `sl/ash`)")
    each(path, "INSERT INTO {t} VALUES (1, 'x', 2, 3, 'y', '100%', 4); INSERT INTO {t} VALUES (NULL, NULL, NULL, NULL, NULL, NULL, NULL); DELETE FROM {t} WHERE `a.b` = 2")


@table
def empty(path):
    create(path, "id INT, s STRUCT<x: INT>, p STRING", "", "PARTITIONED BY (p)")
    each(path, "INSERT INTO {t} VALUES (1, NULL, 'x'); DELETE FROM {t}; INSERT INTO {t} SELECT 1, NULL, 'x' WHERE false")


@table
def shallow_clone(path):
    create(path + "_of", "id INT, p STRING", "'delta.enableDeletionVectors'='true'", "PARTITIONED BY (p)")
    each(path + "_of", "INSERT INTO {t} VALUES (1, 'a b'), (2, 'c%d'), (3, 'a b'); DELETE FROM {t} WHERE id = 3")
    sql(f"CREATE TABLE delta.`{path}` SHALLOW CLONE delta.`{path}_of`")
    each(path, "INSERT INTO {t} VALUES (4, 'own'); DELETE FROM {t} WHERE id = 1")


def some_of(versions):
    """At most five, the first and the last among them."""
    ordered = sorted(versions)
    return sorted({ordered[round(i * (len(ordered) - 1) / 4)] for i in range(5)})


def tell(line):
    print(json.dumps(line), flush=True)


def plain(name, df):
    """Variants as JSON text: there are readers of Parquet without them."""
    if name != "variants":
        return df
    return df.selectExpr("id", "to_json(v) v", "if(n IS NULL, NULL, named_struct('w', to_json(n.w))) n", "transform(l, x -> to_json(x)) l")


spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
for name, make in tables.items():
    if only and name not in only:
        continue
    path = os.path.join(out, "tables", name)
    try:
        make(path)
    except Exception as error:
        tell({"table": name, "error": str(error).split("\n")[0][:300]})
        continue
    versions = [row["version"] for row in sql(f"DESCRIBE HISTORY delta.`{path}`").collect()]
    for version in some_of(versions):
        parquet = os.path.join(out, "expected", name, f"v{version}")
        plain(name, spark.read.format("delta").option("versionAsOf", version).load(path)).coalesce(1).write.parquet(parquet)
        tell({"table": name, "path": path, "version": version, "parquet": parquet})
    if name.startswith("change_feed"):
        parquet = os.path.join(out, "expected", name, "changes")
        spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", 0).load(path).coalesce(1).write.parquet(parquet)
        told_in_log = name.endswith("with_vectors")
        tell({"table": name, "path": path, "changes": True, "timesInLog": told_in_log, "parquet": parquet})
