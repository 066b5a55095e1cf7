// The engine alone: runs the statements of a JSON file, one after the other. What Lakesmith is measured against.
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const { settings, statements } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const connection = await (await DuckDBInstance.create(':memory:', settings)).connect();
for (const statement of statements) await connection.run(statement);
