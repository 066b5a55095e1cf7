import type { Column } from '../core/schema.ts';
import { LakeError } from '../core/errors.ts';
import type { StorageSettings } from '../core/storage-settings.ts';
import { encodeJson } from '../core/json.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { erasureOfRelease } from './erasure.ts';
import type { NamedMeaning } from '../sql/refresh/meaning.ts';
import type { Lake } from './lake.ts';
import { pathOfTable } from './lake.ts';
import { readStoredJson } from './stored-json.ts';

/** A numbered file that names one version of every table: what readers see. It never changes once written. */
export interface Release {
  readonly release: number;
  readonly run: number;
  /** ISO time. */
  readonly at: string;
  /** What it came from: a run, or going back to an earlier release. */
  readonly cause: 'run' | 'back' | 'replay' | 'branch' | 'forget';
  /** In an overlay: the release of the base that it stands on. */
  readonly base?: number;
  readonly tables: Readonly<Record<string, ReleasedTable>>;
  /** Absent: it has none. */
  readonly views?: Readonly<Record<string, ReleasedView>>;
}

/**
 * A SELECT under a name, over one version of each table that it reads: a release answers with its own, and one whose rows were refused
 * still shows those that it had.
 */
export interface ReleasedView {
  /** Where it would lie if it were a table: tells whether it is the lake's own. */
  readonly path: string;
  /** One SELECT over tables: no views, no words of the project, the clock stopped. */
  readonly sql: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  /** What defined it; its inputs are the versions that it reads. */
  readonly madeBy: MadeBy;
}

export interface ReleasedTable {
  /** Folder of the table, relative to the lake. */
  readonly path: string;
  readonly version: number;
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  readonly madeBy: MadeBy | undefined;
  /** The table of its changes, for one that follows a change log. */
  readonly changes?: { readonly path: string; readonly version: number };
}

/** What made a version of a table; it stands in the commit as well. */
export interface MadeBy {
  readonly run: number;
  readonly fingerprint: string;
  readonly rulesFingerprint: string;
  /** Of the rules that take rows out; absent: not known. */
  readonly removingFingerprint?: string;
  readonly inputs: Readonly<Record<string, number>>;
  /** Folders of those inputs that lay elsewhere than a table of the lake itself does. */
  readonly places?: Readonly<Record<string, string>>;
  readonly day: string | undefined;
  /** By part of a model's definition, a hash, so that a plan can say which of them changed. */
  readonly parts?: Readonly<Record<string, string>>;
  /** What its SELECT meant, over inputs as they were; absent: that could not be told. */
  readonly meaning?: NamedMeaning;
  /** How the table was laid out; absent: as tables are when nothing is said. */
  readonly storage?: StorageSettings;
  /**
   * By part of the SELECT whose value is chance where rows are equal in what it sorts by and not otherwise, how many groups there were of
   * such; absent: nobody looked.
   */
  readonly ties?: Readonly<Record<string, number>>;
  /** What it took to bring the table up, each way; absent: nobody noted it. */
  readonly took?: TookWays;
  /** Says which rows its rules refused; absent: nobody noted it. What is in quarantine later may be of another version. */
  readonly refused?: string;
  /** The engine and the time zone that it was made by; absent: it is not known. What others would make of the same rows may be something else. */
  readonly under?: string;
  /** Of a stream: the input that it follows (`inputs` says how far), and the id of that table. */
  readonly stream?: { readonly follows: string; readonly id: string };
  /**
   * The first version that has the same rows, and the first that has them in the same files; absent: this one. `kept`: the first that
   * has the same rows but for columns that this one or that one has not.
   */
  readonly since?: { readonly rows: number; readonly files: number; readonly kept?: number };
}

/** What it took to make all of a table, of so many rows; and of ways that make parts of it, how often as much as expected they took. */
export interface TookWays {
  readonly full?: { readonly ms: number; readonly inputRows: number };
  readonly fold?: number;
  readonly keyed?: number;
}

/** Since when a version has had its rows and its files; for one that comes after it and keeps both. */
export function standingSince(version: number, madeBy: MadeBy | undefined): NonNullable<MadeBy['since']> {
  const { rows = version, files = version, kept } = madeBy?.since ?? {};
  return { rows, files, ...(kept === undefined ? {} : { kept }) };
}

/** The same for one that has other columns and its rows otherwise as they were in the version before. */
export function keptSince(before: number, madeBy: MadeBy | undefined): NonNullable<MadeBy['since']> {
  return { rows: before + 1, files: before + 1, kept: standingSince(before, madeBy).rows };
}

/** The same for a version that is the first with its rows where it stands. */
export function asFirst({ since: _, ...madeBy }: MadeBy): MadeBy {
  return madeBy;
}

const folder = '_lakesmith/releases/';
const pathOf = (release: number): string => `${folder}${String(release).padStart(20, '0')}.json`;

/** Numbers of all releases, ascending. */
export async function listReleases(store: ObjectStore): Promise<number[]> {
  const numbers: number[] = [];
  for await (const object of store.list(folder, { shallow: true })) {
    const name = /(\d{20})\.json$/.exec(object.path);
    if (name?.[1] !== undefined) numbers.push(Number(name[1]));
  }
  return numbers;
}

/** The newest release; undefined before the first run. An overlay that has made none yet shows its base's. */
export async function newestRelease({ state, base }: Pick<Lake, 'state' | 'base'>): Promise<Release | undefined> {
  const newest = (await listReleases(state)).at(-1);
  if (newest !== undefined) return await readRelease(state, newest);
  const below = base === undefined ? undefined : await newestRelease(base);
  return below === undefined ? undefined : { ...below, release: 0, cause: 'branch', base: below.release };
}

/** Whether it was made of the very rows of this version of an input; of the very files that hold them; or of the rows but for other columns. */
export function isMadeOf(
  madeBy: MadeBy | undefined,
  input: string,
  table: (TableVersion & { readonly madeBy?: MadeBy | undefined }) | undefined,
  same: 'rows' | 'files' | 'kept' = 'rows',
): boolean {
  const made = madeBy?.inputs[input];
  if (made === undefined || table === undefined) return made === table?.version;
  const first = table.madeBy?.since?.[same] ?? table.madeBy?.since?.rows ?? table.version;
  return made >= first && made <= table.version && placeOf(madeBy, input) === table.path;
}

export interface TableVersion {
  readonly path: string;
  readonly version: number;
}

/** Whether two releases mean the same rows by a table. */
export function isSameVersion(a: TableVersion | undefined, b: TableVersion | undefined): boolean {
  return a?.version === b?.version && a?.path === b?.path;
}

/** Whether two releases mean the same rows by a view. */
export function isSameView(a: ReleasedView | undefined, b: ReleasedView | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const inputs = new Map(inputsOfView(b).map((input) => [input.name, input]));
  const all = inputsOfView(a);
  return a.sql === b.sql && all.length === inputs.size && all.every((one) => isSameVersion(one, inputs.get(one.name)));
}

/** The tables that a view reads, each at its version. */
export function inputsOfView({
  madeBy,
}: Pick<ReleasedView, 'madeBy'>): readonly (TableVersion & { readonly name: string })[] {
  return Object.entries(madeBy.inputs).map(([name, version]) => ({ name, path: placeOf(madeBy, name), version }));
}

/** All versions that are read where these are asked about. */
export function versionsIn({
  tables,
  views = {},
}: {
  readonly tables: Readonly<Record<string, TableVersion & Pick<ReleasedTable, 'changes'>>>;
  readonly views?: Readonly<Record<string, ReleasedView>>;
}): readonly TableVersion[] {
  return [
    ...Object.values(tables).flatMap((table) => (table.changes === undefined ? [table] : [table, table.changes])),
    ...Object.values(views).flatMap((view) => inputsOfView(view)),
  ];
}

/** The folder of an input when the table was made. */
export function placeOf(madeBy: MadeBy | undefined, input: string): string {
  return madeBy?.places?.[input] ?? pathOfTable(input);
}

/** Names of everything that a release has: its tables, then its views. */
export function namesIn({ tables, views = {} }: Pick<Release, 'tables' | 'views'>): readonly string[] {
  return [...Object.keys(tables), ...Object.keys(views)];
}

/** What a release has under a name. */
export function findIn(
  { tables, views = {} }: Pick<Release, 'tables' | 'views'>,
  name: string,
): ReleasedTable | ReleasedView | undefined {
  return tables[name] ?? views[name];
}

/** Takes a release away; its tables stay as they are. Absent is fine. */
export async function dropRelease(store: ObjectStore, release: number): Promise<void> {
  await store.delete(pathOf(release));
}

export async function readRelease(store: ObjectStore, release: number): Promise<Release> {
  const found = await readStoredJson<Release>(store, pathOf(release));
  if (found === undefined) {
    const erased = await erasureOfRelease(store, release);
    if (erased !== undefined)
      throw new LakeError(
        'LS3011',
        `Release ${release} held rows that were erased on ${erased.at.slice(0, 10)} (erasure ${erased.erasure}), and went with them: \`lakesmith release list\` shows those that there are.`,
        { context: { release, erasure: erased.erasure } },
      );
    throw new LakeError('LS3003', `Release ${release} does not exist: \`lakesmith release list\` shows those that do.`);
  }
  return found;
}

/** Makes a release visible, whole; false when that number is taken. */
export async function putRelease(store: ObjectStore, release: Release): Promise<boolean> {
  const outcome = await store.putIfAbsent(pathOf(release.release), encodeJson(release));
  return outcome.kind === 'stored';
}
