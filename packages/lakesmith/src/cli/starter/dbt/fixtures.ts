import { LakeError } from '../../../core/errors.ts';
import type { Engine } from '../../../engine/engine.ts';
import { readRows } from '../../../run/read-rows.ts';
import { selectFacts } from '../../../sql/facts.ts';
import { isSingleSelect } from '../../../sql/gate.ts';
import { tableReferences } from '../../../sql/references.ts';
import type { DbtUnitTest } from './manifest.ts';

/** Rows that a unit test gives or expects. */
export type Fixture = DbtUnitTest['expect'];

/** Its rows as texts; or why they cannot be written as such. */
export type FixtureRows =
  | {
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | null)[])[];
      /** Rows do not all name the same columns; where one does not, it has null. */
      readonly uneven?: true;
    }
  | { readonly why: string };

/** Reads the rows of all unit tests. SQL is asked, where it says by itself what its rows are. */
export async function readFixtures(
  tests: readonly DbtUnitTest[],
  engine: Engine,
): Promise<ReadonlyMap<Fixture, FixtureRows>> {
  const found = new Map<Fixture, FixtureRows>();
  for (const fixture of tests.flatMap(({ given, expect }) => [...given, expect])) {
    const { rows } = fixture;
    const read = typeof rows === 'string' ? await askedRows(rows, engine) : blockRows(rows);
    found.set(fixture, 'rows' in read && read.rows.flat().some((text) => /[\r\n]/.test(text ?? '')) ? lines : read);
  }
  return found;
}

const lines: FixtureRows = { why: 'a value has more than one line, and rows here are lines' };

function blockRows(blocks: readonly Readonly<Record<string, unknown>>[]): FixtureRows {
  const columns = [...new Set(blocks.flatMap((row) => Object.keys(row)))];
  const rows = blocks.map((row) => columns.map((name) => textOf(row[name] ?? null)));
  const wrong = columns.find((_, i) => rows.some((row) => row[i] === undefined));
  if (wrong !== undefined) return { why: `column ${wrong} has a value that is no single number or text` };
  const isUneven = blocks.some((row) => Object.keys(row).length < columns.length);
  return { columns, rows: rows.map((row) => row.map((cell = null) => cell)), ...(isUneven ? { uneven: true } : {}) };
}

/** undefined: a list or a block, or a number that JSON does not keep. */
function textOf(value: unknown): string | null | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
    default:
      return value === null ? null : undefined;
  }
}

async function askedRows(written: string, engine: Engine): Promise<FixtureRows> {
  const sql = written.trim().replace(/[\s;]+$/, '');
  const [parse] = await engine.parse([sql]);
  if (parse?.ok !== true || !isSingleSelect(parse.tree)) return { why: 'DuckDB does not read the SQL of its rows' };
  const [table] = tableReferences(parse.tree).filter(({ kind, readsOutside }) => kind === 'table' || readsOutside);
  if (table !== undefined) return { why: `its rows are SQL that reads ${table.name}` };
  const { volatile, usesNow, usesClock } = selectFacts(parse.tree);
  if (volatile.length > 0 || usesNow || usesClock) return { why: 'its rows are SQL that gives others at another time' };
  try {
    const asked = { sql: `select columns(*)::varchar from (${sql}\n)`, relations: [], timezone: 'UTC' };
    const { columns, rows } = await readRows(engine, asked);
    return { columns, rows: rows.map((row) => row.map((cell) => (cell === null ? null : String(cell)))) };
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    return { why: `the SQL of its rows cannot be asked: ${error.message}` };
  }
}
