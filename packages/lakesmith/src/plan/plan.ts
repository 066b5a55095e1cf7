import type { ColumnChange } from './column-diff.ts';
import type { Judged } from './cost.ts';
import type { RefreshChoice } from './refresh/choice.ts';

/** What a run would do: a value, made by pure code. `plan` prints it, `run` acts on the same value. */
export interface Plan {
  readonly steps: readonly PlanStep[];
  /** The release it starts from; 0: none. */
  readonly release: number;
  /** Tables of that release that the project no longer has: they leave it, and their files stay. */
  readonly dropped: readonly string[];
  /** Those among them that were views, and have no files. */
  readonly droppedViews: ReadonlySet<string>;
  /** Publications that will not happen, and why. */
  readonly skippedPublications: readonly { readonly name: string; readonly reason: string }[];
  /** What all of it should take; absent: not known of some part of it, or nobody asked. */
  readonly estimate?: { readonly seconds: number };
}

/** alter: it lies otherwise, is judged otherwise, or is said otherwise, with the same rows. view: it is defined, and judged if something judges it; no rows are stored. */
type PlanAction = 'skip' | 'load' | 'incremental' | 'full' | 'alter' | 'view' | 'held' | 'blocked';

export interface PlanStep {
  readonly table: string;
  readonly action: PlanAction;
  /** '': skip. load: 'files' | 'replace' | 'changes' | 'reference'. full: 'full'. incremental: 'append' | 'bag' | 'fold' | 'keyed'. alter: 'properties' | 'recluster' | 'judged' | 'same'. view: 'view'. */
  readonly strategy:
    | ''
    | 'files'
    | 'replace'
    | 'changes'
    | 'reference'
    | 'full'
    | 'append'
    | 'bag'
    | 'fold'
    | 'keyed'
    | 'properties'
    | 'judged'
    | 'same'
    | 'recluster'
    | 'view';
  /** What stands in the plan's middle column: 'latest row per order_id', '7 files, 48 kB'. */
  readonly detail: string;
  /** Why: 'new table', 'new source', 'silver.orders changed', 'rules changed', 'current_date moved on'. */
  readonly reason: string;
  /** How the columns of the table change; absent: not at all. */
  readonly columns?: readonly ColumnChange[];
  /** `seconds`: what it should take, by that many earlier `runs` that did the like; absent: none did, or nobody asked. */
  readonly estimate: {
    readonly rows?: number;
    readonly bytes?: number;
    readonly files?: number;
    readonly seconds?: number;
    readonly runs?: number;
  };
  /** Tables of this plan that must be done before. */
  readonly after: readonly string[];
  /** The table's version the plan was made on; -1: new. */
  readonly readVersion: number;
  /** How it is kept up by parts; absent: it is not, or only by adding the rows of new files. */
  readonly refresh?: RefreshChoice;
  /** Its rows are those that it had, but for columns that come or go: who reads no others sees no change. */
  readonly keeps?: true;
  /** Why its rows do not stay though its text may have changed little; absent: they do, or it has not. */
  readonly unkept?: string;
  /** Nobody has looked yet what it means, or whether it could be kept up by parts. */
  readonly unproven?: true;
  /** Why the rows of a stretch of time cannot be made anew by themselves, as was asked. */
  readonly unstretched?: string;
  /** What judges the rows, and what is read for it; absent: nothing does. */
  readonly judged?: readonly Judged[];
  /** Table whose failure or state blocks this one. */
  readonly blockedBy?: string;
}
