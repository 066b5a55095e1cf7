/**
 * What `lakesmith docs` shows of a project, as a value: each part becomes a file that the page loads when it needs it. Everything here
 * is about tables and columns; no value of any row is in it. Tables and columns are named by their place in the lists, so no name is
 * a key of an object.
 */
export interface Catalogue {
  readonly overview: OverviewData;
  readonly columns: ColumnsData;
  readonly quality: QualityData;
  /** In the order of the overview's tables. */
  readonly tables: readonly TableData[];
}

/** What the first page needs, and every other one. */
export interface OverviewData {
  readonly project: string;
  readonly environment: string;
  readonly program: string;
  /** What is shown; absent: nothing was released yet. */
  readonly release?: ReleaseLine;
  /** Whether that is the newest one: runs after it are then shown, too. */
  readonly isNewest: boolean;
  /** Newest first. */
  readonly releases: readonly ReleaseLine[];
  /** Newest first. */
  readonly runs: readonly RunLine[];
  readonly tables: readonly TableLine[];
  readonly readers: readonly ReaderLine[];
  /** How many rules and checks there are. */
  readonly rules: number;
  readonly broken: readonly BrokenLine[];
}

export interface ReleaseLine {
  readonly release: number;
  /** ISO. */
  readonly at: string;
  readonly run: number;
  readonly cause: string;
  /** Tables that have another version than in the release before. */
  readonly changed: number;
}

export interface RunLine {
  readonly run: number;
  readonly state: string;
  /** ISO. */
  readonly at: string;
  readonly release?: number;
  readonly tables: number;
  /** What went wrong, by table; messages of errors may hold values, so only what kind of error it was. */
  readonly failed: readonly { readonly table: string; readonly code: string; readonly title: string }[];
  readonly blocked: number;
}

export interface TableLine {
  readonly name: string;
  readonly layer: string;
  /** The file, among those of tables, that has the rest. */
  readonly file: string;
  /** source, reference, table, history; gone: the release has it, the project no longer. */
  readonly kind: 'source' | 'reference' | 'table' | 'history' | 'gone';
  /** The first sentence of its description. */
  readonly about: string;
  readonly owner?: string;
  readonly tags: readonly string[];
  readonly columns: number;
  readonly rows?: number;
  readonly bytes?: number;
  /** The release with which it changed last. */
  readonly release?: number;
  /** What the last run did to it. */
  readonly state: 'done' | 'failed' | 'blocked' | 'held' | 'never';
  /** Tables that it is made from. */
  readonly inputs: readonly number[];
  /** Rows in quarantine. */
  readonly quarantined: number;
}

/** What reads tables outside the lake. */
export interface ReaderLine {
  readonly kind: 'publication' | 'dashboard' | 'alert';
  readonly title: string;
  readonly file: string;
  readonly tables: readonly number[];
}

/** A rule or check that rows break now. */
interface BrokenLine {
  readonly table: number;
  readonly name: string;
  readonly severity: string;
  readonly message: string;
}

/** A column by its table and its place in it. */
export type ColumnRef = readonly [table: number, column: number];

/** By table, in the order of the overview's tables. */
export interface ColumnsData {
  readonly tables: readonly TableColumns[];
}

interface TableColumns {
  readonly columns: readonly ColumnLine[];
  /** What decides which rows there are. */
  readonly rowsBy: readonly ColumnRef[];
  /** What the table's description says beyond its first sentence. */
  readonly more?: string;
}

export interface ColumnLine {
  readonly name: string;
  readonly type: string;
  readonly isKey?: true;
  readonly about?: string;
  /** `from`: the column whose tag it has, when that is another one. */
  readonly tags?: readonly { readonly tag: string; readonly from?: ColumnRef }[];
  readonly from?: readonly ColumnRef[];
  /** It has the very values of what it comes from. */
  readonly same?: true;
}

export interface QualityData {
  readonly rules: readonly RuleLine[];
}

export interface RuleLine {
  readonly table: number;
  readonly name: string;
  readonly severity: string;
  /** rule, key, unique, … */
  readonly kind: string;
  /** What must hold, as SQL or in a few words. */
  readonly text: string;
  /** Where it is written; absent: the key says so. */
  readonly place?: string;
  /** What it found last; absent: it was not asked yet. */
  readonly found?: {
    readonly run: number;
    readonly broken: number;
    readonly rows: number;
    readonly message: string;
    /** The run since which it has been broken. */
    readonly since?: number;
    /** Broken rows by run, oldest first. */
    readonly trend: readonly { readonly run: number; readonly broken: number }[];
  };
}

export interface TableData {
  readonly description: string;
  /** Where rows of a bronze table come from, in a few words. */
  readonly origin?: string;
  /** What it does, in a few words: 'latest row per order_id'. */
  readonly shape?: string;
  readonly files: readonly { readonly file: string; readonly language: 'sql' | 'yaml'; readonly text: string }[];
  /** Each release with which it changed, newest first. */
  readonly history: readonly {
    readonly release: number;
    readonly at: string;
    readonly run: number;
    readonly version: number;
    readonly rows: number;
    readonly bytes: number;
  }[];
  readonly lastStep?: {
    readonly run: number;
    readonly status: string;
    readonly action: string;
    readonly strategy: string;
    readonly reason: string;
    readonly error?: string;
    readonly blockedBy?: string;
  };
  readonly storage?: {
    readonly path: string;
    readonly version: number;
    readonly files: number;
    readonly readerVersion: number;
    readonly writerVersion: number;
    readonly features: readonly string[];
    readonly readers: readonly { readonly program: string; readonly reads: 'yes' | 'unsure' | 'no' }[];
  };
}
