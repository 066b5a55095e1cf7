import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { plainName } from './plain-name.ts';
import { refuseOwnColumns } from './starter/look-at-files.ts';

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
    refuseOwnColumns(
      file,
      columns.map(({ name }) => name),
    );
    return await asWritten(
      engine,
      // What has no value yet is no column yet: the first SELECT must bind.
      columns.filter((column) => column.valueless !== true).map((column) => column.name),
    );
  } finally {
    await engine.close();
  }
}

/**
 * A bare name is kept when the engine reads it as a column; `at` and `order` are put in quotes. What no table can have
 * as a name gets another: `"Due Day" as due_day`.
 */
async function asWritten(engine: Engine, names: readonly string[]): Promise<string[]> {
  const isPlain = (name: string): boolean => /^[a-z_][a-z0-9_]*$/i.test(name);
  const parsed = await engine.parse(names.map((name) => (isPlain(name) ? `select ${name}\nfrom t` : 'select 1')));
  const taken = new Set(names.map((name) => name.toLowerCase()));
  return names.map((name, i) => {
    if (/[ ,;{}()\n\t=]/.test(name)) return `${quoteName(name)} as ${freeName(name, taken)}`;
    const parse = parsed[i];
    return isPlain(name) && parse?.ok === true && JSON.stringify(parse.tree).includes('"COLUMN_REF"')
      ? name
      : quoteName(name);
  });
}

/** Columns as a SELECT reads them, and the plain names that it gives them. */
export async function writtenColumns(
  engine: Engine,
  columns: readonly Column[],
): Promise<readonly (Column & { readonly sql: string })[]> {
  const taken = new Set<string>();
  const names = columns.map(({ name }) => freeName(name, taken));
  const bare = await asWritten(engine, names);
  return columns.map(({ name, type }, i) => {
    const given = bare[i] ?? quoteName(name);
    return { sql: names[i] === name ? given : quoteName(name), name: given, type };
  });
}

/** A plain name that no other column has. */
function freeName(name: string, taken: Set<string>): string {
  const plain = plainName(name);
  let free = plain;
  for (let n = 2; taken.has(free); n += 1) free = `${plain}_${n}`;
  taken.add(free);
  return free;
}
