import { plainName } from '../../plain-name.ts';
import { formatFile } from '../../../project/format-file.ts';
import { rowBlockLines } from '../../../project/row-block-text.ts';
import { yamlText } from '../model-text.ts';
import type { Fixture, FixtureRows } from './fixtures.ts';
import type { DbtManifest, DbtNode, DbtUnitTest } from './manifest.ts';
import type { ImportedModel, LeftOut } from './models.ts';

/** A unit test of dbt as a test of a model. */
export interface ImportedUnitTest {
  /** dbt's name of it. */
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** What is known when unit tests are imported. */
export interface UnitTestContext {
  readonly manifest: DbtManifest;
  readonly names: ReadonlyMap<string, string>;
  readonly models: readonly ImportedModel[];
  readonly fixtures: ReadonlyMap<Fixture, FixtureRows>;
  /** The columns of a table; undefined: not known. */
  readonly columnsOf: (table: string) => readonly string[] | undefined;
}

/** Why something cannot be said. */
class Unsaid extends Error {}

/** The tests that can be written, and the others with the reason. */
export function importUnitTests(context: UnitTestContext): {
  readonly tests: readonly ImportedUnitTest[];
  readonly leftOut: readonly LeftOut[];
} {
  const tests: ImportedUnitTest[] = [];
  const leftOut: LeftOut[] = [];
  for (const test of context.manifest.unit_tests) {
    const what = `unit test ${test.name}`;
    try {
      const file = freeFile(plainName(test.name), tests);
      tests.push({ name: test.name, file, text: formatFile(file, testText(test, context)) });
    } catch (error) {
      if (!(error instanceof Unsaid)) throw error;
      leftOut.push({ what, why: error.message });
    }
  }
  return { tests, leftOut };
}

function freeFile(word: string, others: readonly ImportedUnitTest[]): string {
  const fileOf = (n: number): string => `tests/${word}${n === 1 ? '' : `_${n}`}.test.yml`;
  let n = 1;
  while (others.some(({ file }) => file === fileOf(n))) n += 1;
  return fileOf(n);
}

function testText(test: DbtUnitTest, context: UnitTestContext): string {
  const model = context.models.find(({ node }) => node.unique_id === test.depends_on[0]);
  if (model === undefined) throw new Unsaid('its model is not imported');
  refuseOverrides(test.overrides ?? {});
  const given: Record<string, string> = {};
  for (const fixture of test.given) {
    if (fixture.input.trim() === 'this') continue;
    const table = inputOf(fixture.input, model.node, context);
    // Rows of what the SQL does not read change nothing.
    if (!model.inputs.includes(table)) continue;
    if (given[table] !== undefined) throw new Unsaid(`it gives rows of ${table} twice`);
    given[table] = blockOf(table, rowsOf(fixture, context), { context, filled: true });
  }
  const expected = rowsOf(test.expect, context);
  if (expected.uneven === true) throw new Unsaid('its expected rows do not all name the same columns');
  const expect = blockOf(model.table, expected, { context, filled: false });
  const description = test.description.trim();
  return yamlText({ test: model.table, ...(description === '' ? {} : { description }), given, expect });
}

/** The SQL was compiled with what holds outside of tests, and as on a first run. */
function refuseOverrides({
  macros = {},
  vars = {},
  env_vars: envVars = {},
}: NonNullable<DbtUnitTest['overrides']>): void {
  for (const [name, value] of Object.entries(macros)) {
    if (name === 'is_incremental' && value === false) continue;
    throw new Unsaid(
      name === 'is_incremental'
        ? 'it tests what a later run adds: a model here is what all of its rows would give'
        : `it puts something in the place of the macro ${name}, which stands in the SQL as it was compiled`,
    );
  }
  const [name] = [...Object.keys(vars), ...Object.keys(envVars)];
  if (name !== undefined)
    throw new Unsaid(`it gives the variable ${name} another value, and the SQL has the compiled one`);
}

/** The table that "ref('stg_orders')" or "source('till', 'payments')" is for this model. */
function inputOf(input: string, model: DbtNode, { manifest, names }: UnitTestContext): string {
  const words = [...input.matchAll(/['"]([^'"]+)['"]/g)].map(([, word = '']) => word);
  const version = /\bv(?:ersion)?\s*=\s*['"]?(\w+)/.exec(input)?.[1];
  const isSource = /^\s*source\b/.test(input);
  const wanted = isSource ? words.slice(0, 2) : words.filter((word) => word !== version).slice(-1);
  const nodes = [...manifest.nodes, ...manifest.sources].filter(({ unique_id: id, name, ...node }) => {
    const said = isSource ? [node.source_name, name] : [name];
    const isVersion = version === undefined || String(node.version) === version;
    return model.depends_on.includes(id) && said.join() === wanted.join() && isVersion;
  });
  const [node] = nodes;
  const table = node === undefined ? undefined : names.get(node.unique_id);
  if (table !== undefined) return table;
  throw new Unsaid(
    node?.config.materialized === 'ephemeral'
      ? `it gives rows of ${node.name}, which is ephemeral, so a part of the models that read it`
      : `it gives rows of ${input}, which is not imported`,
  );
}

function rowsOf(fixture: Fixture, { fixtures }: UnitTestContext): Extract<FixtureRows, { rows: unknown }> {
  const found = fixtures.get(fixture) ?? { why: 'its rows were not read' };
  if ('why' in found) throw new Unsaid(found.why);
  return found;
}

/** Rows as a test writes them, by the names that the columns of the table have. */
function blockOf(
  table: string,
  { columns, rows }: Extract<FixtureRows, { rows: unknown }>,
  {
    context,
    filled,
  }: { readonly context: UnitTestContext; /** Columns that are not named are null. */ readonly filled: boolean },
): string {
  const known = context.columnsOf(table);
  const named = columns.map((column) => known?.find((name) => name.toLowerCase() === column.toLowerCase()) ?? column);
  const [first] = named.length > 0 ? named : (known ?? []);
  if (first === undefined) throw new Unsaid(`the columns of ${table} are not known`);
  if (named.length === 0) return `${rowBlockLines([first], []).join('\n')}\n`;
  if (named.length > 1 || rows.every(([cell]) => cell !== null)) return `${rowBlockLines(named, rows).join('\n')}\n`;
  // A line of one empty cell is none.
  const other = filled ? known?.find((name) => name !== first) : undefined;
  if (other === undefined) throw new Unsaid(`it has rows of ${table} of which nothing but a null is told`);
  return `${rowBlockLines(
    [first, other],
    rows.map(([cell = null]) => [cell, null]),
  ).join('\n')}\n`;
}
