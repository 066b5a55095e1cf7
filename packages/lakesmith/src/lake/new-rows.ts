import type { CommitInfo, HistoryEntry, Snapshot } from '@lakesmith/delta';
import { readHistory } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { quoteName, quoteNames } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import type { InputRange } from './input-changes.ts';
import { bindInputChanges } from './input-changes.ts';
import type { Lake } from './lake.ts';
import { columnsOf } from './relation.ts';
import { identityItems } from './row-equality.ts';

/** The rows that came to a table in a range of its versions, each once, whatever became of it since. */
export interface NewRows {
  readonly relations: readonly Relation[];
  /** The table's columns, and for each row `_commit_version`, and where it lies: `__ls_file` (a number of `locations`) and `__ls_position`. */
  readonly sql: string;
  readonly locations: readonly string[];
  /** Commits that may have brought some, oldest first. */
  readonly commits: readonly NewRowsCommit[];
  /** SQL that counts the rows that went or changed; undefined: none did. */
  readonly lost: string | undefined;
}

export interface NewRowsCommit {
  readonly version: number;
  readonly timestampMs: number;
  /** The run that made it; undefined: no run did. */
  readonly run: number | undefined;
}

/** How a row is known again that was written anew. */
export interface RowIdentity {
  /** Columns whose values tell one row from another; empty: none do. */
  readonly key: readonly string[];
  /** Without such: rows are the same when they are equal in these. */
  readonly columns: ReadonlySet<string>;
}

/**
 * A row that a commit wrote and that was there before is not new: one that is equal to a row which the same commit took out, or that has
 * its key, or of which the commit says that it updated it. Of a table that was restored, only what its present state has followed counts.
 * LS3012 when the range begins with rows that were taken back since.
 */
export async function bindNewRows(
  lake: Lake,
  name: string,
  { identity, ...range }: InputRange & { readonly identity: RowIdentity },
): Promise<NewRows> {
  const commits = standing(await commitsOf(lake, range), range.since);
  const counted = new Set(commits.map(({ version }) => String(version)));
  const versionOf = ({
    partitionValues,
  }: {
    readonly partitionValues: Readonly<Record<string, string | null>>;
  }): string => partitionValues['_commit_version'] ?? '';
  const [said, inferred] = (await bindInputChanges(lake, name, range)).relations.flatMap((relation) =>
    relation.kind === 'parquet'
      ? [{ ...relation, rowPositions: true, files: relation.files.filter((file) => counted.has(versionOf(file))) }]
      : [],
  );
  if (said === undefined || inferred === undefined) throw new LakeError('LS9001', 'Changes of a table have two parts.');
  const mixed = new Set([
    ...said.files.map(versionOf),
    ...inferred.files.flatMap((file) => (file.partitionValues['_change_type'] === 'delete' ? [versionOf(file)] : [])),
  ]);
  const recorded = new Set(said.files.map(versionOf));
  const brings = commits.filter((commit) =>
    bringsRows(commit, { isRecorded: recorded.has(String(commit.version)), identity }),
  );
  const parts = { said, inferred, columns: columnsOf(range.now), identity };
  const fresh = brings.map(({ version }) => String(version));
  return {
    relations: [said, inferred],
    sql: newRowsSql(parts, {
      plain: fresh.filter((version) => !mixed.has(version)),
      mixed: fresh.filter((version) => mixed.has(version)),
    }),
    locations: [...said.files, ...inferred.files].map(({ location }) => location),
    commits: brings.map(({ version, timestampMs, commitInfo }) => ({ version, timestampMs, run: runOf(commitInfo) })),
    lost: mixed.size === 0 ? undefined : lostRowsSql(parts),
  };
}

async function commitsOf(lake: Lake, { path, since, now, staged }: InputRange): Promise<readonly HistoryEntry[]> {
  const head = staged?.readVersion ?? now.version;
  const io = lake.io(path);
  const read = head > since ? await readHistory(io) : [];
  const entries = read.filter(({ version }) => version > since && version <= head).reverse();
  return staged === undefined ? entries : [...entries, ownEntry(now)];
}

function ownEntry({ version, timestampMs, commitInfo }: Snapshot): HistoryEntry {
  return { version, timestampMs, commitInfo };
}

/** The commits that the newest state follows from: those that a restore took back are none, and it brings nothing by itself. */
function standing(commits: readonly HistoryEntry[], since: number): readonly HistoryEntry[] {
  const kept: HistoryEntry[] = [];
  let next = Infinity;
  for (const commit of commits.toReversed()) {
    if (commit.version > next) continue;
    const back = restoredTo(commit.commitInfo);
    if (back !== undefined && back < since)
      throw new LakeError('LS3012', `it was restored to version ${back}, and was read up to version ${since}`);
    if (back === undefined) kept.unshift(commit);
    next = back ?? commit.version - 1;
  }
  return kept;
}

/** The version that a commit brought back; undefined: it is no restore. */
export function restoredTo(info: CommitInfo | undefined): number | undefined {
  if (info?.operation !== 'RESTORE') return undefined;
  const parameters = info.operationParameters;
  const version = Number(parameters?.['version'] ?? NaN);
  if (Number.isSafeInteger(version)) return version;
  throw new LakeError('LS3012', 'it was restored, and its log does not say to which version');
}

export function runOf(info: CommitInfo | undefined): number | undefined {
  const madeBy = info?.['lakesmith'] as { readonly run?: number } | undefined;
  return madeBy?.run;
}

/** Whether rows that a commit wrote may be new. Where it changed rows and said nothing of each, only a key tells. */
function bringsRows(
  { version, commitInfo }: HistoryEntry,
  { isRecorded, identity }: { readonly isRecorded: boolean; readonly identity: RowIdentity },
): boolean {
  const operation = commitInfo?.operation;
  if (operation === 'UPDATE' || operation === 'DELETE') return false;
  if (operation !== 'MERGE' || isRecorded || identity.key.length > 0) return true;
  const metrics = commitInfo?.operationMetrics;
  const [inserted, updated] = ['Inserted', 'Updated'].map((what) => Number(metrics?.[`numTargetRows${what}`] ?? NaN));
  if (inserted === 0 || updated === 0) return inserted !== 0;
  throw new LakeError(
    'LS3012',
    `its version ${version} updated rows and inserted others, and does not say which is which: delta.enableChangeDataFeed has to be true before such a MERGE`,
  );
}

interface Parts {
  readonly said: Extract<Relation, { kind: 'parquet' }>;
  readonly inferred: Extract<Relation, { kind: 'parquet' }>;
  readonly columns: ReturnType<typeof columnsOf>;
  readonly identity: RowIdentity;
}

/** Rows of both parts to which this happened; the files of the second are numbered after those of the first. */
function rowsWith({ said, inferred, columns }: Parts, change: string): string {
  const names = quoteNames(columns.map(({ name }) => name));
  const one = (relation: string, offset: number): string =>
    `select ${names}, _commit_version, __ls_file + ${offset} as __ls_file, __ls_position from ${relation} where _change_type in (${change})`;
  return `${one(said.name, 0)} union all ${one(inferred.name, said.files.length)}`;
}

/** What must be equal for two rows of one commit to be the same. */
function identityOf({ columns, identity }: Parts): readonly string[] {
  const read = columns.filter(({ name }) => identity.columns.has(name));
  return ['_commit_version', ...read.flatMap((column) => identityItems(column, quoteName(column.name)))];
}

function newRowsSql(
  parts: Parts,
  { plain, mixed }: { readonly plain: readonly string[]; readonly mixed: readonly string[] },
): string {
  const { columns, identity } = parts;
  const items = (alias: string): string =>
    [...columns.map(({ name }) => quoteName(name)), '_commit_version', '__ls_file', '__ls_position']
      .map((item) => `${alias}.${item}`)
      .join(', ');
  const came = rowsWith(parts, "'insert'");
  const whole = `select ${items('c')} from (${came}) as c where ${among(plain)}`;
  if (mixed.length === 0) return whole;
  const { named, marks } = marksOf(parts);
  const gone = rowsWith(parts, "'delete'");
  const equal = marks.map((mark) => `i.${mark} is not distinct from d.${mark}`).join(' and ');
  const keys = identity.key.map((key) => `k.${quoteName(key)} is not distinct from i.${quoteName(key)}`);
  const updated = `not exists (select 1 from (${gone}) as k where k._commit_version = i._commit_version and ${keys.join(' and ')})`;
  return `${whole} union all select ${items('i')} from (
    select *, row_number() over (partition by ${marks.join(', ')} order by __ls_file, __ls_position) as _nth
    from (select *, ${named} from (${came}) where ${among(mixed)})
  ) as i left join (select ${marks.join(', ')}, count(*) as _times from (select ${named} from (${gone})) group by all) as d
  on ${equal} where i._nth > coalesce(d._times, 0)${keys.length === 0 ? '' : ` and ${updated}`}`;
}

/** How many rows went, but for those that the same commit wrote again, and how many it says it updated. */
function lostRowsSql(parts: Parts): string {
  const { named, marks } = marksOf(parts);
  const side = (change: string, sign: 1 | -1): string =>
    `select ${named}, ${sign} as _side from (${rowsWith(parts, change)})`;
  const both = `${side("'delete', 'update_preimage'", 1)} union all ${side("'insert'", -1)}`;
  const sums = `select greatest(sum(_side), 0) as _gone from (${both}) group by ${marks.join(', ')}`;
  return `select coalesce(sum(_gone), 0) from (${sums})`;
}

/** What two rows of one commit are the same in, under names of its own. */
function marksOf(parts: Parts): { readonly named: string; readonly marks: readonly string[] } {
  const items = identityOf(parts);
  return {
    named: items.map((item, i) => `${item} as _same${i}`).join(', '),
    marks: items.map((_, i) => `_same${i}`),
  };
}

function among(versions: readonly string[]): string {
  return versions.length === 0 ? 'false' : `_commit_version in (${versions.join(', ')})`;
}
