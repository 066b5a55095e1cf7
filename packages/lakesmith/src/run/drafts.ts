import type { ReleasedView } from '../lake/release.ts';
import type { StagedTable } from '../lake/staged.ts';
import type { BrokenRows } from './refused-rows.ts';

/** What steps have made that nobody can see yet. */
export interface Drafts {
  readonly staged: readonly StagedTable[];
  /** Rows that their rules took out. */
  readonly broken: readonly BrokenRows[];
  readonly views: ReadonlyMap<string, ReleasedView>;
}

/** Notes what each step makes before it is judged, so that it is known of what passes and of what is refused. */
export class DraftBook {
  readonly #staged = new Map<string, StagedTable>();
  readonly #broken = new Map<string, BrokenRows>();
  readonly #views = new Map<string, ReleasedView>();

  addTable(staged: StagedTable): StagedTable {
    this.#staged.set(staged.table, staged);
    return staged;
  }

  /** Tables that were made so far. */
  get tables(): ReadonlyMap<string, StagedTable> {
    return this.#staged;
  }

  addBroken(broken: BrokenRows): void {
    this.#broken.set(broken.table, broken);
  }

  addView(name: string, view: ReleasedView): void {
    this.#views.set(name, view);
  }

  /** What was made of some tables, in their order. */
  of(tables: readonly string[]): Drafts {
    return {
      staged: tables.flatMap((name) => this.#staged.get(name) ?? []),
      broken: tables.flatMap((name) => this.#broken.get(name) ?? []),
      views: new Map(
        tables.flatMap((name) => {
          const view = this.#views.get(name);
          return view === undefined ? [] : [[name, view] as const];
        }),
      ),
    };
  }
}
