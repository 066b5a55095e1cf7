import type { Column } from '../core/schema.ts';
import type { Limit } from '../project/limit.ts';
import type { Check, EarlierTime, Rule } from '../project/model.ts';
import type { Cost, Judged } from './cost.ts';

/** One thing that is asked of a table, and how to read the answer. */
export interface AuditQuestion {
  readonly name: string;
  readonly severity: 'warn' | 'fail';
  /** More broken rows than this are worse than a warning. */
  readonly limit?: Limit;
  readonly kind: 'rule' | 'key' | Check['kind'];
  /** How many rows are wrong, for a check that counts; else what was measured. */
  readonly column: string;
  /** The column that holds how many rows it was asked of. */
  readonly among: 'rows_total' | 'rows_added';
  /** What was read for it. */
  readonly cost: Cost | undefined;
  /** Whether what was measured is right; undefined: the check counts. */
  readonly judge?: (value: number | undefined) => boolean;
  /** The query for some of the wrong rows; absent where there are none to show. */
  readonly sample?: AuditSample;
  /** One sentence for `broken` of the `rows` that it was asked of, or for the value that was measured. */
  readonly message: (broken: number, rows: number, value: number | undefined) => string;
}

interface AuditSample {
  readonly sql: string;
  /** The tables have to say where in their files a row lies. */
  readonly hasPlaces: boolean;
}

/** A table, and all that its audit depends on. */
export interface AuditSubject {
  readonly table: string;
  readonly key: readonly string[];
  readonly rules: readonly Rule[];
  readonly checks: readonly Check[];
  /** Tables that rules and checks read. */
  readonly auditInputs: readonly string[];
  /** The run's moment, ISO. */
  readonly nowIso: string;
  /** The table as it is judged. */
  readonly columns: readonly Column[];
  /** The table in earlier releases, for checks that compare; absent when there is none old enough. */
  readonly earlier: Partial<Readonly<Record<EarlierTime, EarlierTable>>>;
  /** What checks found in earlier runs, by name, the newest first. */
  readonly found: ReadonlyMap<string, readonly EarlierFinding[]>;
  /** What each costs; what is not named reads the whole table. */
  readonly judged: readonly Judged[];
  /** What is judged is what a load brings: shares are of its rows, where these are judged by themselves. */
  readonly isLoad: boolean;
  /** How many rows the table has, where its log tells it. */
  readonly rows?: number;
  /** What is shown of a wrong row; without columns all. */
  readonly shown: {
    readonly columns: readonly string[];
    /** Columns that tell where it came from. */
    readonly places: readonly string[];
  };
}

export interface EarlierTable {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** Under which name the audit reads it. */
  readonly relation: string;
}

export interface EarlierFinding {
  readonly rows: number;
  readonly value?: number;
}

/** A question that has a query of one number to itself. */
export interface AuditPart extends AuditQuestion {
  readonly sql: string;
}
