/** The engine's library, by its default: Node starts more slowly where names are imported, since it then looks for them in each of its files. */
export { default as duckdb } from '@duckdb/node-api';
