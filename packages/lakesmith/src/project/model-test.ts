import type { Diagnostic, Place } from '../core/errors.ts';
import { testForm } from './forms.ts';
import type { RowBlock } from './row-block.ts';
import { readRowBlock } from './row-block.ts';
import { checkForm } from './validate.ts';
import { entryOf } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

/** tests/*.test.yml: what a model makes of the rows that it is given. */
export interface ModelTest {
  readonly file: string;
  /** The model, and where its name stands. */
  readonly table: string;
  readonly place: Place;
  /** As written: the moment at which the clock of the SQL stands. */
  readonly now: { readonly text: string; readonly place: Place } | undefined;
  /** By input, the rows that arrive first, those that arrive later. */
  readonly given: ReadonlyMap<string, { readonly place: Place; readonly arrivals: readonly RowBlock[] }>;
  /** any: the rows at the end are the same in whatever order those that are given come. */
  readonly arrival: 'any' | undefined;
  /** The table's rows at the end, or after each arrival when there are several. */
  readonly expect: readonly RowBlock[];
  /** The rows in quarantine at the end, with `_reasons`. */
  readonly quarantined: RowBlock | undefined;
  /** Rows of what the model calls so in its WITH. */
  readonly ctes: ReadonlyMap<string, { readonly place: Place; readonly rows: RowBlock }>;
}

/** Reads a test as far as it can be judged without its tables. */
export function readModelTest(
  file: string,
  value: YamlValue,
): { test: ModelTest | undefined; diagnostics: readonly Diagnostic[] } {
  const form = checkForm(value, testForm);
  if (form.diagnostics.length > 0) return { test: undefined, diagnostics: form.diagnostics };
  const diagnostics: Diagnostic[] = [];
  const blocksOf = (at: YamlValue | undefined): RowBlock[] => {
    const parts = at?.kind === 'list' ? at.items : at === undefined ? [] : [at];
    return parts.flatMap((part) => {
      if (part.kind !== 'scalar') return [];
      const read = readRowBlock(part);
      diagnostics.push(...read.diagnostics);
      return read.block ?? [];
    });
  };
  const entriesOf = (key: string): [string, { place: Place; value: YamlValue }][] => {
    const block = entryOf(value, key)?.value;
    return block?.kind === 'map'
      ? [...block.entries].map(([name, entry]) => [name, { place: entry.key, value: entry.value }])
      : [];
  };
  const given = entriesOf('given').map(
    ([name, { place, value: rows }]): [string, { place: Place; arrivals: RowBlock[] }] => [
      name,
      { place, arrivals: blocksOf(rows) },
    ],
  );
  const ctes = entriesOf('with').flatMap(
    ([name, { place, value: rows }]): [string, { place: Place; rows: RowBlock }][] => {
      const [only] = blocksOf(rows);
      return only === undefined ? [] : [[name, { place, rows: only }]];
    },
  );
  const expected = entryOf(value, 'expect')?.value;
  const expect = blocksOf(expected);
  const [quarantined] = blocksOf(entryOf(value, 'quarantined')?.value);
  const rounds = Math.max(1, ...given.map(([, { arrivals }]) => arrivals.length));
  if (expected?.kind === 'list' && expect.length !== rounds && diagnostics.length === 0) {
    const hint = 'write the rows at the end, or a list with the rows after each arrival';
    const message = `"expect" has ${expect.length} tables, and rows arrive ${rounds} times`;
    diagnostics.push({ code: 'LS1004', message, place: expected.place, hint });
  }
  if (expect.length === 0 && quarantined === undefined && ctes.length === 0 && diagnostics.length === 0)
    diagnostics.push({
      code: 'LS1004',
      message: 'The test expects nothing',
      place: value.place,
      hint: 'add expect:, quarantined: or with:',
    });
  const table = entryOf(value, 'test')?.value;
  const now = entryOf(value, 'now')?.value;
  if (diagnostics.length > 0 || table?.kind !== 'scalar') return { test: undefined, diagnostics };
  const test: ModelTest = {
    file,
    table: String(table.value),
    place: table.place,
    now: now?.kind === 'scalar' ? { text: String(now.value), place: now.place } : undefined,
    given: new Map(given),
    arrival: entryOf(value, 'arrival') === undefined ? undefined : 'any',
    expect,
    quarantined,
    ctes: new Map(ctes),
  };
  return { test, diagnostics };
}
