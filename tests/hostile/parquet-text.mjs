// Prints the rows of one Parquet file as JSON lines. A process of its own: a damaged file can end it.
import { DuckDBInstance } from '@duckdb/node-api';

const file = (process.argv[2] ?? '').replaceAll("'", "''");
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const rows = await connection.runAndReadAll(
  `select to_json(c)::varchar from read_parquet('${file}', hive_partitioning = false) c`,
);
for (const [text] of rows.getRows()) process.stdout.write(`${String(text)}\n`);
