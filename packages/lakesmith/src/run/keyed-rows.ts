import type { Column } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';
import type { GoneRows } from '../lake/places-by-key.ts';
import type { RefreshChoice } from '../plan/refresh/choice.ts';
import type { StepSize } from '../plan/refresh/cost.ts';
import { areSoonerMade, expectedMs, tellsRows, whyAllRows } from '../plan/refresh/cost.ts';
import type { KeyedPass } from '../plan/refresh/keyed.ts';
import type { RowPart, RowScript } from '../plan/refresh/script.ts';
import type { TieCheck } from '../plan/refresh/ties.ts';
import { makeKeys } from './made-keys.ts';
import type { PartRows, PartWork } from './part-work.ts';
import type { RefreshInputs } from './refresh-inputs.ts';
import type { KeptRows } from './scratch-rows.ts';

interface KeyedTable {
  readonly choice: RefreshChoice;
  readonly passes: readonly KeyedPass[];
  /** The contract. */
  readonly columns: readonly Column[];
  readonly targetRows: number;
  /** What all of it is weighed by; undefined: that is no choice. */
  readonly size: StepSize | undefined;
}

interface KeyedWork extends PartWork {
  readonly inputs: Pick<RefreshInputs, 'columns' | 'rowsOf'>;
  /** What stands against it among rows that are equal in an order; undefined: nothing. */
  readonly tied: (checks: readonly TieCheck[], made: readonly Relation[]) => Promise<string | undefined>;
  /** How many rows a SELECT has. */
  readonly count: (sql: string, relations: readonly Relation[]) => Promise<number>;
}

/** Rows by their keys; `made`: so many were made on the way. `expectedMs`: what it should take; undefined: it was not weighed. */
type KeyedRows = Extract<PartRows, { readonly kind: 'rows' }> & {
  readonly made: number;
  readonly expectedMs: number | undefined;
};

/** All rows that have the keys of what changed go, and are made again: which these are, and what stands in their place. */
export async function keyedRows(
  { choice, passes, columns, targetRows, size }: KeyedTable,
  { inputs, keep, target, tied, count }: KeyedWork,
): Promise<KeyedRows | { readonly kind: 'full'; readonly why: string }> {
  const { proof } = choice;
  const made = await makeKeys(proof, passes, { columns, inputs, keep });
  const { script, keys } = made;
  const concerned = { sql: script.concerned('target'), relations: keys, predicate: script.wantedOfTarget };
  let expected: number | undefined;
  if (size !== undefined) {
    const found = async (): Promise<number> => count(concerned.sql, [await target(concerned.predicate), ...keys]);
    const most = tellsRows(passes, proof.unique) ? Math.min(size.targetRows, made.count) : await found();
    const share = most / Math.max(1, size.targetRows);
    const why = whyAllRows(size, share);
    if (why !== undefined) return { kind: 'full', why };
    // Days that are made anew whatever changed tell nothing of what changes take.
    if (choice.stretch === undefined) expected = expectedMs(size, 'keyed', share);
  }
  const why = await tied(script.checks, made.known);
  if (why !== undefined) return { kind: 'full', why };
  const keepAll = async (parts: readonly RowPart[]): Promise<readonly KeptRows[]> => {
    const kept: KeptRows[] = [];
    for (const part of parts) kept.push(await keep(part, keys));
    return kept;
  };
  const fresh = await keepAll(script.rows);
  const key = goneKey({ choice, passes, columns, targetRows }, { script, inputs });
  return {
    kind: 'rows',
    concerned,
    fresh: rowsOfAll('fresh', columns, fresh),
    ...(key === undefined ? {} : { gone: goneRows(key, columns, await keepAll(script.before)) }),
    made: countOf(fresh),
    expectedMs: expected,
  };
}

/** What the rows that go are found by, where to make these once more takes less than to read all of their columns; undefined: it does not. */
function goneKey(
  { choice, passes, columns, targetRows }: Omit<KeyedTable, 'size'>,
  { script, inputs }: { readonly script: RowScript; readonly inputs: KeyedWork['inputs'] },
): readonly string[] | undefined {
  const { proof, stretch } = choice;
  const [unique] = [...proof.unique].sort((a, b) => a.length - b.length);
  // What is rounded may come out otherwise the second time; rows of days that are made anew may be wrong as they stand.
  const isSure = stretch === undefined && !proof.obstacles.some(({ kind }) => kind === 'rounding');
  if (unique === undefined || unique.length === 0 || !isSure || !tellsRows(passes, proof.unique)) return undefined;
  const read = new Set(script.before.flatMap(({ wanted }) => [...wanted.keys()]));
  const rows = [...read].reduce((sum, name) => sum + inputs.rowsOf(name), 0);
  return areSoonerMade(targetRows, rows) ? unique.map((column) => columns[column]?.name ?? '') : undefined;
}

function goneRows(key: readonly string[], columns: readonly Column[], parts: readonly KeptRows[]): GoneRows {
  return { key, relation: rowsOfAll('gone', columns, parts), rows: countOf(parts) };
}

/** The rows of several parts as one relation. */
function rowsOfAll(name: string, columns: readonly Column[], parts: readonly KeptRows[]): Relation {
  return { name, kind: 'parquet', columns, files: parts.flatMap(({ relation }) => relation.files) };
}

function countOf(parts: readonly KeptRows[]): number {
  return parts.reduce((sum, { rows }) => sum + rows, 0);
}
