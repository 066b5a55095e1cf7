import type { Base, SingleFiles } from './expected-rows.ts';
import { Unknowable } from './expected-rows.ts';
import type { Outcome } from './reading-process.ts';
import type { State } from './replay.ts';
import { BadLog, statesOf } from './replay.ts';

export type Verdict = 'refused' | 'right' | 'unknowable' | `wrong: ${string}`;

/** Whether what came of reading a changed table may come of it. */
export async function judge(
  outcome: Outcome,
  changed: { readonly base: Base; readonly folder: string },
  singles: SingleFiles,
): Promise<Verdict> {
  if (outcome.kind === 'error') return 'refused';
  if (outcome.kind !== 'rows') return `wrong: ${outcome.kind}: ${outcome.message}`;
  const states = await statesOf(changed.folder);
  if (states.length === 0) return 'wrong: rows of a log that says nothing';
  const said: string[] = [];
  let unknowable = false;
  for (const state of states) {
    try {
      const difference = await compare(outcome, state, { ...changed, singles });
      if (difference === undefined) return 'right';
      said.push(difference);
    } catch (error) {
      // What is nested too deep to be compared here may well be left alone by a reader.
      if (error instanceof Unknowable || error instanceof RangeError) unknowable = true;
      else if (error instanceof BadLog) said.push(error.message);
      else throw error;
    }
  }
  return unknowable ? 'unknowable' : `wrong: ${said.join('; ')}`;
}

async function compare(
  outcome: Extract<Outcome, { kind: 'rows' }>,
  state: State,
  { base, folder, singles }: { readonly base: Base; readonly folder: string; readonly singles: SingleFiles },
): Promise<string | undefined> {
  const fields = fieldsOf(state);
  const names = [...fields.keys()];
  if (JSON.stringify(names) !== JSON.stringify(outcome.columns))
    return `columns ${outcome.columns.join()}, not ${names.join()}`;
  const comparable = sameColumns(fields, state, base.state);
  const expected: string[] = [];
  for (const live of state.live) {
    for (const row of await singles.rowsOf(folder, live))
      expected.push(JSON.stringify(comparable.map((name) => row[name])));
  }
  const at = comparable.map((name) => names.indexOf(name));
  const found = outcome.rows.map((row) => JSON.stringify(at.map((i) => row[i])));
  const [a, b] = [expected.sort(), found.sort()];
  if (a.length !== b.length) return `${b.length} rows, not ${a.length}`;
  const differs = a.findIndex((row, i) => row !== b[i]);
  return differs < 0 ? undefined : `row ${b[differs]}, not ${a[differs]}`;
}

function fieldsOf(state: State): ReadonlyMap<string, string> {
  try {
    const { fields } = JSON.parse(state.metadata.schemaString) as { fields: { name: string }[] };
    return new Map(fields.map((field) => [field.name, JSON.stringify(field)]));
  } catch (error) {
    throw new BadLog(String(error));
  }
}

/** Columns that mean the same in both states; of a column that was changed, the values may be others. */
function sameColumns(fields: ReadonlyMap<string, string>, state: State, base: State): readonly string[] {
  const meaning = ({ protocol, metadata }: State): string =>
    JSON.stringify([
      protocol['minReaderVersion'],
      protocol['readerFeatures'] ?? null,
      Object.entries(metadata.configuration ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]);
  if (meaning(state) !== meaning(base)) return [];
  const before = fieldsOf(base);
  return [...fields].flatMap(([name, field]) => {
    const isPartition = state.metadata.partitionColumns.includes(name);
    return before.get(name) === field && isPartition === base.metadata.partitionColumns.includes(name) ? [name] : [];
  });
}
