import { quoteName } from '../core/sql-text.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Engine } from '../engine/engine.ts';

/** Names of a data file's columns as a SELECT writes them: in quotes where it must be. */
export async function describeFile(file: string, format: string): Promise<string[]> {
  const engine = await openDuckDb({});
  try {
    const columns = await engine.infer({
      format: format === 'csv' ? { type: 'csv', header: true } : { type: format === 'json' ? 'json' : 'ndjson' },
      locations: [file],
      timezone: 'UTC',
      sampleRows: 10_000,
    });
    return await asWritten(
      engine,
      columns.map((column) => column.name),
    );
  } finally {
    await engine.close();
  }
}

/** A bare name is kept when the engine reads it as a column: not one with a space, and not `at` or `order`. */
async function asWritten(engine: Engine, names: readonly string[]): Promise<string[]> {
  const plain = names.map((name) => /^[a-z_][a-z0-9_]*$/.test(name));
  const parsed = await engine.parse(
    names.map((name, i) => (plain[i] === true ? `select ${name}\nfrom t` : 'select 1')),
  );
  return names.map((name, i) => {
    const parse = parsed[i];
    const isColumn = plain[i] === true && parse?.ok === true && JSON.stringify(parse.tree).includes('"COLUMN_REF"');
    return isColumn ? name : quoteName(name);
  });
}
