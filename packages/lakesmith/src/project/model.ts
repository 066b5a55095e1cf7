import type { Column } from '../core/schema.ts';
import type { Place } from '../core/errors.ts';
import type { StorageSettings } from '../core/storage-settings.ts';
import type { Vocabulary } from '../sql/vocabulary.ts';
import type { Limit } from './limit.ts';
import type { ModelTest } from './model-test.ts';
import type { RowsProgram } from '../script/make-rows.ts';
import type { SqlStart } from './settings-comment.ts';

/** What the user wrote, read, checked and connected. Plain data, immutable; everything after it only reads it. */
export interface Project {
  readonly name: string;
  /** Absolute folder of lakesmith.yml. */
  readonly folder: string;
  readonly environment: string;
  /** The environments that lie over the lake's own, the environment itself last; none: it is the lake's own. */
  readonly overlays: readonly string[];
  /** The environment that it is an overlay on. */
  readonly base: string | undefined;
  /** As written after overrides: './lake', 's3://…'. */
  readonly lake: string;
  readonly timezone: string;
  /** The moment at which samples and back-tests stand still (ISO text in `clock:`), in ms; undefined: real time. */
  readonly clockMs: number | undefined;
  readonly onRebuild: 'rebuild' | 'hold';
  /** all: one failed table stops the release of all. */
  readonly release: 'each' | 'all';
  readonly connections: ReadonlyMap<string, Connection>;
  /** Parameters and macros, as they are put into SQL. */
  readonly words: Vocabulary;
  /** Models that are no tables, each after those that it reads: they are part of what reads them. */
  readonly steps: readonly ModelTable[];
  /** Every table the project makes, in an order in which inputs come first. */
  readonly tables: ReadonlyMap<string, ProjectTable>;
  /** Names that its files define, and of which nothing more was read, since nobody asked for them. */
  readonly unread: ReadonlySet<string>;
  /** Files beside those of the layers that decide what they define, relative to the folder: modules, package.json of packages. */
  readonly imports: readonly string[];
  /** Text of the files that tables come from, so that findings can show their lines. */
  readonly texts: ReadonlyMap<string, string>;
  /** What stands beside the layers: tests, and counts of what later parts will run. */
  readonly extras: {
    readonly tests: readonly ModelTest[];
    readonly jobs: number;
    readonly dashboards: number;
    readonly alerts: number;
    readonly publications: readonly Publication[];
    /** Dashboards and alerts, and what they ask. */
    readonly readers: readonly SqlReader[];
  };
}

/** A publication as far as a plan needs it. */
export interface Publication {
  readonly name: string;
  /** File that defines it, relative to the project. */
  readonly file: string;
  /** What its tables are called where they go. */
  readonly targets: ReadonlyMap<string, string>;
  readonly connection: string;
}

/** A dashboard or an alert: what reads tables and makes none. */
export interface SqlReader {
  readonly kind: 'dashboard' | 'alert';
  readonly title: string;
  /** File that defines it, relative to the project. */
  readonly file: string;
  readonly queries: readonly WrittenQuery[];
  /** What its queries may use besides the project's words: `period_from` for $period_from. */
  readonly words: readonly string[];
}

/** A SELECT in a file of YAML. */
export interface WrittenQuery {
  readonly sql: string;
  readonly file: string;
  readonly start: SqlStart;
  /** Columns of it that are named beside it. */
  readonly shown: readonly { readonly name: string; readonly place: Place }[];
  /** What can show one column only: 'A number', 'A filter'. */
  readonly oneFor?: string;
}

export interface Connection {
  readonly name: string;
  /** Environment variables are in it; secrets are not. */
  readonly url: string;
  /** 'sample', 'postgres', …; 'none' switches it off. */
  readonly scheme: string;
}

export type Layer = 'reference' | 'bronze' | 'silver' | 'gold';

export type ProjectTable = SourceTable | ReferenceTable | ModelTable;

interface TableBase {
  /** 'silver.orders'. */
  readonly name: string;
  readonly layer: Layer;
  /** File that defines it, relative to the project, with '/'. */
  readonly file: string;
  readonly description: string | undefined;
  /** Who answers for it: a person or a team. */
  readonly owner?: string | undefined;
  readonly key: readonly string[];
  /** Columns that its settings name, and where: `bindProject` sees to it that they exist. */
  readonly namedColumns: readonly NamedColumn[];
  /** Tags of the table itself, for selection. */
  readonly tags: readonly string[];
  readonly columnNotes: ReadonlyMap<string, { readonly description?: string; readonly tags: readonly string[] }>;
  readonly storage: StorageSettings;
  /** Changes when this table would be made differently from the same inputs: SQL (not its white space), configuration. */
  readonly fingerprint: string;
}

/** A column that a setting such as `key` names. */
export interface NamedColumn {
  readonly setting: string;
  readonly column: string;
  readonly place: Place;
}

/** What judges a table before anybody can see it. */
interface JudgedTable {
  readonly rules: readonly Rule[];
  readonly checks: readonly Check[];
  /** Tables that only its rules and checks read: they are done before it, but a change of them does not remake it. */
  readonly auditInputs: readonly string[];
  /** Views that only its rules and checks name. */
  readonly auditViews: readonly string[];
}

/** A bronze table of files, or of a connection. Its rules take no rows out: a load is taken whole, or not at all. */
export interface SourceTable extends TableBase, JudgedTable {
  readonly kind: 'source';
  /** The source file's name without its ending: 'orders', 'shop'. */
  readonly source: string;
  /** Declared types of columns; the rest is inferred. */
  readonly types: ReadonlyMap<string, Column['type']>;
  /** Where each of `types` stands. */
  readonly typePlaces: ReadonlyMap<string, Place>;
  readonly newColumns: 'add' | 'rescue' | 'ignore' | 'fail';
  readonly from: FileOrigin | ConnectionOrigin;
}

export interface FileOrigin {
  readonly kind: 'files';
  /** Glob relative to the project, '/' separated. */
  readonly pattern: string;
  readonly format: 'ndjson' | 'json' | 'csv';
  readonly header: boolean;
  readonly delimiter: string | undefined;
  /** adds: rows of every file stay. replaces: the newest file is the whole table. */
  readonly eachFile: 'adds' | 'replaces';
}

export interface ConnectionOrigin {
  readonly kind: 'connection';
  readonly connection: string;
  /** The table's name over there. */
  readonly remoteTable: string;
  readonly follow: 'changes' | 'full';
}

/** A CSV kept in git. */
export interface ReferenceTable extends TableBase, JudgedTable {
  readonly kind: 'reference';
  readonly types: ReadonlyMap<string, Column['type']>;
  /** The CSV, relative to the project. */
  readonly csv: string;
  /** Hash of its bytes. */
  readonly contentHash: string;
  /** Records below the header. */
  readonly rowCount: number;
}

/** Rows that TypeScript makes, and the columns that they are said to have. */
export interface MadeRows {
  readonly program: RowsProgram;
  readonly columns: readonly Column[];
}

/** A model of SQL or of TypeScript. */
export interface ModelTable extends TableBase, JudgedTable {
  readonly kind: 'model';
  /** A calendar is a table whose SELECT is written for the user. */
  readonly modelKind: 'table' | 'view' | 'stream' | 'history' | 'ephemeral';
  readonly history: HistorySettings | undefined;
  readonly stream: StreamSettings | undefined;
  /** The SELECT, without the settings comment; offsets in it map to places by `sqlPlace`. */
  readonly sql: string;
  /** The engine's syntax tree of it, with parameters, macros and models whose rows are not stored put in. */
  readonly tree: () => unknown;
  /** By part of the definition, a hash: 'model' for what is written in the file, and each word that is put into it ('parameter country', 'macro vat'). */
  readonly parts: Readonly<Record<string, string>>;
  readonly sqlStart: SqlStart;
  /** Its rows are made by TypeScript; `sql` is a SELECT of all of them then, from `madeRows`. */
  readonly rows: MadeRows | undefined;
  /** Tables and views that its SELECT names, in order of first mention; all are in `Project.tables`. */
  readonly reads: readonly string[];
  /** Tables whose rows it is made of: in place of a view, those that the view is made of. */
  readonly inputs: readonly string[];
  /** Changes when rules or checks change and nothing else. */
  readonly rulesFingerprint: string;
  /** Changes when rules change that take rows out. */
  readonly removingFingerprint: string;
  readonly refresh: 'auto' | 'incremental' | 'strict' | 'full';
  /** By column, the name that it had before: the same values under another name. */
  readonly renamedFrom: ReadonlyMap<string, { readonly from: string; readonly place: Place }>;
  /** What a changed definition does, when the model says it itself; else what the project says. */
  readonly onRebuild: 'rebuild' | 'hold' | undefined;
  /** What the syntax tree proves; see sql/. */
  readonly facts: ModelFacts;
}

export interface ModelFacts {
  /** current_date, today(): refreshed when the day moves. */
  readonly usesClock: boolean;
  /** now(), current_timestamp: allowed only with `refresh: full`. */
  readonly usesNow: boolean;
  /** Each input row gives its output rows by itself: appending is right. Otherwise why not, in a few words for `plan`. */
  readonly rowWise: { readonly proven: true } | { readonly proven: false; readonly why: string };
  /** A few words that say what the model does, for `plan`: 'latest row per order_id', 'history by customer_id', ''. */
  readonly shape: string;
}

export interface StreamSettings {
  /** The table whose new rows make its rows. */
  readonly follows: string;
  /** Whether it reads its other inputs as they are in the run, or as they were when the rows were committed. */
  readonly joins: 'now' | 'as_of';
  /** Where `follows` stands. */
  readonly place?: Place;
}

export interface HistorySettings {
  /** Output column that dates a change; undefined: the time the source committed it. */
  readonly validFrom: string | undefined;
  /** Output columns whose change makes a version; undefined: all but the key and valid_from. */
  readonly track: readonly string[] | undefined;
  /** Output column that dates the first version; undefined: 1900-01-01. */
  readonly firstValidFrom: string | undefined;
}

export type Severity = 'warn' | 'drop' | 'quarantine' | 'fail';

/** A rule about one row. */
export interface Rule {
  readonly name: string;
  readonly severity: Severity;
  /** More broken rows than this fail the table; undefined: any number is right. */
  readonly limit?: Limit;
  /** SQL over the output columns, as written. */
  readonly sql: string;
  /** The engine's parse of `ruleStatement(sql)`; see sql/rules-in-tree. */
  readonly tree: unknown;
  /** It reads nothing but the row: what it says of one stays said. */
  readonly byRow?: boolean;
  readonly place: Place;
}

/** What a table is compared with: itself in an earlier release. */
export type EarlierTime = 'last week' | 'last release';

/** A rule about the whole table. */
export type Check = {
  readonly name: string;
  readonly severity: 'warn' | 'fail';
  readonly place: Place;
  /** More broken rows than this fail the table. */
  readonly limit?: Limit;
} & (
  | { readonly kind: 'unique'; readonly columns: readonly string[] }
  | { readonly kind: 'not_null'; readonly columns: readonly string[] }
  | {
      readonly kind: 'references';
      readonly columns: readonly string[];
      readonly table: string;
      readonly toColumns: readonly string[];
    }
  /** Rows between bounds, against the number that there were, or changed by as much as they did before. */
  | {
      readonly kind: 'row_count';
      readonly min?: number;
      readonly max?: number;
      readonly withinPercent?: number;
      readonly of?: EarlierTime;
      readonly usual?: true;
    }
  /** The newest value of the column is younger than this, by the run's clock; or not older than it was before. */
  | { readonly kind: 'fresh'; readonly column: string; readonly withinMs: number | 'usual'; readonly text: string }
  /** How the values of a column are distributed, against what they were. */
  | {
      readonly kind: 'drift';
      readonly column: string;
      readonly withinPercent: number;
      readonly of: EarlierTime;
    }
  /** A query that returns the rows that are wrong; `each`: those of which this is false, and it reads nothing but the row. */
  | { readonly kind: 'sql'; readonly sql: string; readonly each?: string }
);

/** A project whose SQL is bound: every table's columns are known, as far as they can be before its sources were seen. */
export interface BoundProject {
  readonly project: Project;
  /** The contract of each table, after the type policy; undefined when a source below it has no columns yet. */
  readonly schemas: ReadonlyMap<string, readonly Column[] | undefined>;
}
