/** What a run tells while it is at work. The terminal, the journal and `--json` listen to the same events. */
export type ProgressEvent =
  | {
      readonly kind: 'run-started';
      readonly run: number;
      readonly tables: readonly string[];
      readonly parallel: number;
      readonly memoryBytes: number;
    }
  | { readonly kind: 'step-started'; readonly table: string; readonly action: string }
  | { readonly kind: 'step-finished'; readonly table: string; readonly outcome: StepOutcome }
  | { readonly kind: 'released'; readonly release: number; readonly tables: number; readonly elapsedMs: number };

export interface StepOutcome {
  readonly status: 'done' | 'failed' | 'blocked' | 'held';
  readonly rows: number;
  readonly rowsAdded: number;
  /** 'rows', 'changes' for a table that follows a change log, 'view' for what has no rows of its own. */
  readonly unit: 'rows' | 'changes' | 'view';
  readonly elapsedMs: number;
  readonly quarantined: number;
  /** Broken rules of severity warn, by name. */
  readonly warnings: Readonly<Record<string, number>>;
  readonly error?: { readonly code: string; readonly message: string };
  readonly blockedBy?: string;
  /** Rows that show what was wrong. */
  readonly evidence?: {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly (string | number | bigint | boolean | null)[])[];
  };
}

export type ProgressListener = (event: ProgressEvent) => void;
