import { openDuckDb } from '../engine/duckdb/engine.ts';

/** Names of a data file's columns, as a source would have them. */
export async function describeFile(file: string, format: string): Promise<string[]> {
  const engine = await openDuckDb({});
  try {
    const columns = await engine.infer({
      format: format === 'csv' ? { type: 'csv', header: true } : { type: format === 'json' ? 'json' : 'ndjson' },
      locations: [file],
      timezone: 'UTC',
      sampleRows: 10_000,
    });
    return columns.map((column) => column.name);
  } finally {
    await engine.close();
  }
}
