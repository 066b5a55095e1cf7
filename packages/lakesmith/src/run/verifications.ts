import { encodeJson } from '../core/json.ts';
import { readStoredJson } from '../lake/stored-json.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { lastRun, readRun } from './journal.ts';
import type { VerifiedTable } from './verify-table.ts';

/** What one `verify` found, in a file of the lake. It has no value of any row. */
export interface Verification {
  readonly verification: number;
  /** ISO time. */
  readonly at: string;
  readonly release: number;
  readonly tables: readonly TableVerification[];
}

interface TableVerification {
  readonly table: string;
  readonly version: number;
  /** files: nothing was computed. */
  readonly how: 'all' | 'sample' | 'files';
  readonly result: 'equal' | 'different' | 'unknown';
  /** Rows that differ. */
  readonly rows: number;
  /** What is wrong with its files and counts. */
  readonly problems: number;
  readonly keys?: number;
  readonly of?: number;
  readonly keysOfInputs?: number;
  readonly ofInputs?: number;
  readonly seed?: number;
}

/** What is known of a table by all that was ever verified. */
export interface Verified {
  /** When it was last made again, all of it or some. */
  readonly last?: VerifiedThen;
  /** The newest time that it was not what its model gives, unless all of it was equal or made anew after that. */
  readonly different?: VerifiedThen;
  /** Its files or counts were wrong when they were last looked at. */
  readonly broken?: VerifiedThen;
}

export interface VerifiedThen extends TableVerification {
  readonly at: string;
  readonly release: number;
}

const folder = '_lakesmith/verifications/';
const pathOf = (verification: number): string => `${folder}${String(verification).padStart(20, '0')}.json`;
/** So many are looked at for when a table was last verified. */
const mostVerifications = 500;

/** Keeps what was found, under the next number. */
export async function recordVerification(
  store: ObjectStore,
  found: Pick<Verification, 'at' | 'release'> & { readonly tables: readonly VerifiedTable[] },
): Promise<void> {
  const tables = found.tables.map(noteOf);
  for (let verification = ((await numbers(store)).at(-1) ?? 0) + 1; ; verification += 1) {
    const file: Verification = { ...found, tables, verification };
    if ((await store.putIfAbsent(pathOf(verification), encodeJson(file))).kind === 'stored') return;
  }
}

function noteOf({ table, version, problems, again }: VerifiedTable): TableVerification {
  const note = { table, version, result: again.state, problems: problems.length };
  if (again.state === 'unknown') return { ...note, how: 'files', rows: 0 };
  const { added, removed, changed } = again.state === 'different' ? again.rows : { added: 0, removed: 0, changed: 0 };
  const rows = added + removed + changed;
  if (again.sample === undefined) return { ...note, how: 'all', rows };
  const { keys, of, keysOfInputs, ofInputs, seed } = again.sample;
  return { ...note, how: 'sample', rows, keys, of, keysOfInputs, ofInputs, seed };
}

/** Those after `after`, in order. */
export async function* listVerifications(store: ObjectStore, after = 0): AsyncIterable<Verification> {
  for (const number of await numbers(store, after)) {
    const one = await readStoredJson<Verification>(store, pathOf(number));
    if (one !== undefined) yield one;
  }
}

/** By table, how it stands. A sample that is equal says nothing of rows that are known to be wrong. */
export async function verifiedTables(store: ObjectStore): Promise<ReadonlyMap<string, Verified>> {
  const found = new Map<string, Verified>();
  const newest = (await numbers(store)).at(-1) ?? 0;
  for await (const { at, release, tables } of listVerifications(store, Math.max(0, newest - mostVerifications))) {
    for (const one of tables) {
      const then: VerifiedThen = { ...one, at, release };
      const { last, different } = found.get(one.table) ?? {};
      const isMade = one.result !== 'unknown';
      const isCleared = one.result === 'equal' && one.how === 'all';
      const wrong = one.result === 'different' ? then : isCleared ? undefined : different;
      const made = isMade ? then : last;
      found.set(one.table, {
        ...(made === undefined ? {} : { last: made }),
        ...(wrong === undefined ? {} : { different: wrong }),
        ...(one.problems > 0 ? { broken: then } : {}),
      });
    }
  }
  const wrongFrom = Math.min(
    ...[...found.values()].map(({ different }) => Date.parse(different?.at ?? '') || Infinity),
  );
  for (const [table, version] of await madeAnew(store, wrongFrom)) {
    const { different, ...rest } = found.get(table) ?? {};
    if (different !== undefined && different.version < version) found.set(table, rest);
  }
  return found;
}

/** The newest version of each table of which all was made anew, by runs that ended no earlier than a time. */
async function madeAnew(store: ObjectStore, fromMs: number): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let run = fromMs === Infinity ? 0 : await lastRun(store); run > 0; run -= 1) {
    const record = await readRun(store, run);
    if (record?.endedMs !== undefined && record.endedMs < fromMs) break;
    for (const { table, strategy, status, version } of record?.release === undefined ? [] : record.steps)
      if (strategy === 'full' && status === 'done' && !found.has(table)) found.set(table, version ?? 0);
  }
  return found;
}

async function numbers(store: ObjectStore, after = 0): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const { path } of store.list(folder, { shallow: true, startAfter: pathOf(after) })) {
    const number = Number(/(\d{20})\.json$/.exec(path)?.[1] ?? NaN);
    if (!Number.isNaN(number)) found.push(number);
  }
  return found;
}
