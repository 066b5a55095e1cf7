import type { Column } from '../../core/schema.ts';
import type { MadeBy } from '../../lake/release.ts';
import { holdsFloat } from '../../lake/row-equality.ts';
import type { ModelTable } from '../../project/model.ts';
import type { Obstacle } from '../../sql/refresh/determinism.ts';
import type { ProofResult, ProvenKey, RefreshProof } from '../../sql/refresh/proof.ts';
import { tellsRows } from './cost.ts';
import type { FoldWay } from './fold-changes.ts';
import { foldWay, follows } from './fold-changes.ts';
import type { KeyedPass } from './keyed.ts';
import { keyedPasses } from './keyed.ts';
import type { LinearStep } from './linear.ts';
import { linearSteps } from './linear.ts';
import type { ProvenStretch } from './stretch.ts';
import { tiesText } from './ties.ts';

/** How a table is kept up without making all of it anew. Which way is taken, what really changed decides. */
export interface RefreshChoice {
  readonly proof: RefreshProof;
  /** Inputs that may have changed; first those whose changes no way follows. */
  readonly changed: readonly string[];
  /** By parts even where all of it would be cheaper. */
  readonly insists: boolean;
  /** Rows that are made anew whatever changed; absent: none. */
  readonly stretch?: ProvenStretch;
}

/** The ways that are proven for changes of some inputs. */
export interface RefreshWays {
  /** Adding what their new rows give; absent: that would not be all. */
  readonly linear?: readonly LinearStep[];
  /** The same, and taking out the rows that those gave which went; absent: they cannot be found, or better by keys. */
  readonly bag?: readonly LinearStep[];
  /** Adding to groups what their new rows give, and taking away what those give that went; absent: its rows are no such groups. */
  readonly fold?: FoldWay;
  /** Making the rows of some keys anew; absent: no output column follows the changes. */
  readonly keyed?: readonly KeyedPass[];
}

/** A table that is to be kept up. */
export interface KeptTable {
  readonly model: Pick<ModelTable, 'key' | 'refresh'>;
  readonly columns: readonly Column[];
}

/** To make a table of so few rows anew takes less than to find out which of them change. */
export const fewRows = 100_000;

/** Whether a table may be kept up by parts where no rows are equal in an order and not otherwise, and only then. */
export function mayBeUntied({ obstacles, ties, keys, linear, fold }: RefreshProof): boolean {
  const isAsked = ({ what }: Obstacle): boolean => ties.some((tie) => tie.what === what);
  const stops = obstacles.filter(({ kind }) => kind !== 'rounding');
  return stops.length > 0 && stops.every(isAsked) && (fold.ok || keys.length + linear.length > 0);
}

/** Whether it may be worth while to look which rows of the inputs changed; else why it is not. */
export function chooseRefresh(
  result: ProofResult,
  {
    changed,
    ties,
    ...table
  }: KeptTable & {
    readonly changed: readonly string[];
    /** What was counted when the table was made; undefined: nothing. */
    readonly ties: MadeBy['ties'];
  },
):
  | { readonly ok: true; readonly choice: RefreshChoice; readonly detail: string }
  | { readonly ok: false; readonly why: string } {
  if (!result.ok) return { ok: false, why: result.why };
  const { proof } = result;
  const obstacle = obstacleIn(proof, ties);
  if (obstacle !== undefined) return { ok: false, why: obstacle };
  const names = changed.map((name) => name.toLowerCase());
  const ways = new Map(names.map((name) => [name, waysOf(proof, new Set([name]), table)]));
  const lost = names.filter((name) => !hasWay(ways.get(name)));
  if (lost.length === names.length)
    return { ok: false, why: `no column of it says which rows of ${lost.join(', ')} a row is made of` };
  const followed = names.filter((name) => !lost.includes(name));
  const passes = followed.flatMap((name) => ways.get(name)?.keyed ?? []);
  const folds = followed.flatMap((name) => {
    const { fold: one, keyed } = ways.get(name) ?? {};
    return one === undefined || isDearer(one, keyed) ? [] : [one];
  });
  const [fold] = folds.length === names.length ? folds : [];
  return {
    ok: true,
    choice: { proof, changed: [...lost, ...followed], insists: table.model.refresh !== 'auto' },
    detail:
      fold !== undefined
        ? foldText(fold, table.columns)
        : names.every((name) => ways.get(name)?.bag !== undefined)
          ? 'new rows are added, others taken out'
          : passes.length === 0
            ? 'new rows are added'
            : keyText(passes, table.columns),
  };
}

/** The ways that follow all changes of these inputs. */
export function waysOf(proof: RefreshProof, changed: ReadonlySet<string>, table: KeptTable): RefreshWays {
  const linear = linearSteps(proof, changed);
  const fold = foldWay(proof, changed, followingKeys);
  const keyed = keyedPasses(proof, changed, (carried, leaf, about) =>
    about === proof ? preferredKeys(carried, proof, table) : followingKeys(carried, leaf, about),
  );
  const isRounded = proof.obstacles.some(({ kind }) => kind === 'rounding');
  const holdsFloats = table.columns.some(({ type }) => holdsFloat(type));
  const own = table.model.key.map((name) => table.columns.findIndex((column) => column.name === name));
  const isTold = keyed.ok && tellsRows(keyed.passes, own.length === 0 ? proof.unique : [...proof.unique, own]);
  return {
    ...(linear.ok ? { linear: linear.steps } : {}),
    // What is rounded may come out otherwise the second time, files do not tell -0.0 from 0.0, and where keys tell rows these are found by
    // fewer columns.
    ...(linear.ok && !isRounded && !isTold && !holdsFloats ? { bag: linear.steps } : {}),
    ...(fold === undefined ? {} : { fold }),
    ...(keyed.ok ? { keyed: keyed.passes } : {}),
  };
}

/** The way that is taken once it is known what changed, and whether all changed inputs only gained rows. */
export function takenWay(
  { linear, bag, fold, keyed }: RefreshWays,
  isAdded: boolean,
):
  | { readonly kind: 'append'; readonly steps: readonly LinearStep[] }
  | { readonly kind: 'bag'; readonly steps: readonly LinearStep[] }
  | { readonly kind: 'fold'; readonly way: FoldWay }
  | { readonly kind: 'keyed'; readonly passes: readonly KeyedPass[] }
  | undefined {
  if (linear !== undefined && isAdded) return { kind: 'append', steps: linear };
  if (fold !== undefined && follows(fold, isAdded) && !isDearer(fold, keyed)) return { kind: 'fold', way: fold };
  if (bag !== undefined) return { kind: 'bag', steps: bag };
  return keyed === undefined ? undefined : { kind: 'keyed', passes: keyed };
}

/** Whether rows are better made anew: where the table has the keys itself, that takes what they are now, and not what they were as well. */
function isDearer({ passes }: FoldWay, keyed: RefreshWays['keyed']): boolean {
  return passes.length > 0 && keyed?.every(({ grouped }) => grouped === undefined) === true;
}

/** Whether there is any way. */
export function hasWay(ways: RefreshWays | undefined): boolean {
  return ways?.linear !== undefined || ways?.fold !== undefined || ways?.keyed !== undefined;
}

/** What rows are known by: what is carried of the table's key, else of what they are grouped by, else all that is carried. */
export function preferredKeys(
  carried: readonly ProvenKey[],
  proof: RefreshProof,
  { model, columns }: KeptTable,
): readonly ProvenKey[] {
  const own = model.key.map((name) => columns.findIndex((column) => column.name === name));
  for (const set of [own, ...[...proof.unique].sort((a, b) => a.length - b.length)]) {
    const keys = carried.filter((key) => set.includes(key.column));
    if (keys.length > 0) return keys;
  }
  return carried;
}

/** What rows that are grouped are followed by: what tells one of them from all others, else what they are joined by, else all there is. */
function followingKeys(carried: readonly ProvenKey[], leaf: number, { leaves }: RefreshProof): readonly ProvenKey[] {
  const columnOf = (key: ProvenKey): string | undefined => key.plain.find(([one]) => one === leaf)?.[1];
  for (const set of leaves[leaf]?.unique ?? []) {
    const keys = set.flatMap((column) => carried.find((key) => columnOf(key) === column) ?? []);
    if (keys.length === set.length) return keys;
  }
  const joined = carried.filter(({ at }) => at.length > 1);
  return joined.length > 0 ? joined : carried;
}

/** 'rows by customer_id'. */
export function keyText(passes: readonly KeyedPass[], columns: readonly Column[]): string {
  const names = passes.map(({ keys }) => keys.map(({ column }) => columns[column]?.name ?? '').join(', '));
  return `rows by ${[...new Set(names)].join('; ')}`;
}

/** 'sums by channel': what is added to and taken from. */
export function foldText({ fold: { groups } }: FoldWay, columns: readonly Column[]): string {
  return groups === undefined ? 'sums' : `sums by ${groups.map((column) => columns[column]?.name ?? '').join(', ')}`;
}

/** What keeps a SELECT from being made by parts at all; undefined: nothing. */
export function obstacleIn(proof: RefreshProof, ties: MadeBy['ties']): string | undefined {
  const found = proof.obstacles.find(
    ({ kind, what }) => kind !== 'rounding' && !(kind === 'ties' && ties?.[what] === 0),
  );
  if (found === undefined) return undefined;
  const { kind, what } = found;
  const groups = ties?.[what] ?? 0;
  if (groups > 0) return tiesText(what, groups);
  return kind === 'ties' && ties === undefined && mayBeUntied(proof)
    ? `${what}: whether rows are equal in its order is looked at now`
    : obstacleText(found);
}

/** Why rows do not follow from the inputs alone, in a few words. */
export function obstacleText({ kind, what }: Obstacle): string {
  return kind === 'volatile'
    ? `${what} is another each time`
    : `${what}: rows that are equal in its order may stand either way`;
}
