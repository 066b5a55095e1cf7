import type { Column, StructField } from '../core/schema.ts';
import type { SqlBinding, SqlParse, SqlPlan } from '../sql/compiler.ts';

/** A constant in SQL: int64 as bigint, everything with a fraction as text. */
export type Scalar = string | number | bigint | boolean | null;

/** One data file of a bound snapshot. */
export interface RelationFile {
  /** Where the engine finds it: an absolute path on this machine, or a URL. */
  readonly location: string;
  /** Values of the partition columns, typed as text in Delta's format; null is NULL. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** Which of the file's rows count, when it is not all of them. */
  readonly rows?: RowChoice;
}

/** Rows of a file by their physical number: bit `n & 7`, low bit first, of byte `n >> 3`. Rows beyond the bitmap are not in it. */
export interface RowChoice {
  readonly kind: 'without' | 'only';
  readonly bitmap: Uint8Array;
}

/** What columns are called that say where a row lies, in a relation that has no others of these names. */
export interface RowPlaces {
  /** The place of its file in `files`, from 0. */
  readonly file: string;
  /** Its physical number in the file, from 0. */
  readonly position: string;
}

/** How columns are found in files whose names are not those of the table. */
interface StoredColumns {
  /** By the name of a field in the file, or by its Parquet field id. */
  readonly resolve: 'name' | 'id';
  /** One for each column of the relation, in order: names as in the file at every depth; ids in the fields' metadata. */
  readonly fields: readonly StructField[];
}

/** A name in the SQL and the rows it stands for. The engine knows nothing of Delta: it is given files. */
export type Relation = {
  /** 'silver.orders', or a bare name. */
  readonly name: string;
  /** The relation has exactly these columns, in this order, with these types; a column that a file lacks is NULL. */
  readonly columns: readonly Column[];
  /** Adds two columns that say where a row lies. `true`: they are called `__ls_file` and `__ls_position`. */
  readonly rowPositions?: boolean | RowPlaces;
} & (
  | {
      readonly kind: 'parquet';
      /** Columns whose value is told by each file's `partitionValues`, whatever the file holds. */
      readonly partitionColumns?: readonly string[];
      readonly stored?: StoredColumns;
      readonly files: readonly RelationFile[];
    }
  /** No rows: to bind a query without data. */
  | { readonly kind: 'empty' }
  /** Rows given as values, a few hundred at most. */
  | { readonly kind: 'rows'; readonly rows: readonly (readonly Scalar[])[] }
  /**
   * A query over relations listed before it; of two with one name it reads the later. `exact`: a value that its column cannot hold as it is
   * fails, as when it is staged. `kept`: its rows are made when its turn comes, and once.
   */
  | { readonly kind: 'sql'; readonly sql: string; readonly exact?: true; readonly kept?: true }
  /** Text files as they lie in a landing folder. Row order is file order. `_source` (the label) comes as an extra last column. */
  | {
      readonly kind: 'text-files';
      readonly format: TextFormat;
      readonly files: readonly { location: string; label: string }[];
    }
);

export type TextFormat =
  | { readonly type: 'ndjson' | 'json' }
  | { readonly type: 'csv'; readonly header: boolean; readonly delimiter?: string; readonly quote?: string };

export interface QueryRequest {
  /** One SELECT. */
  readonly sql: string;
  readonly relations: readonly Relation[];
  /** Values of `$name` parameters. */
  readonly parameters?: Readonly<Record<string, Scalar>>;
  /** IANA name: how times without a zone are read, and how days are cut. */
  readonly timezone: string;
}

export interface AskRequest extends QueryRequest {
  /** The contract: the result is cast to exactly this, by position; what does not fit is LS2105 naming the column. */
  readonly columns?: readonly Column[];
}

export interface PlanRequest extends Pick<QueryRequest, 'relations' | 'timezone'> {
  readonly statements: readonly string[];
}

/** SQL over the columns of rows that is true of each. */
export interface RowCheck {
  /** What is asked, as in "… does not hold". */
  readonly name: string;
  readonly sql: string;
  /** What is told where it is not true, with LS2106; absent: LS2107 shows some of the rows. */
  readonly refusal?: string;
}

export interface StageRequest extends QueryRequest {
  /** Absolute folder or URL prefix that the files go to; the engine names nothing by itself. */
  readonly folder: string;
  /** The name of the file. Of several, each has one of its own, with a mark for '00000' or in front. */
  readonly fileName: string;
  /** The contract: the query's result is cast to exactly this, by position; overflow is LS2105 naming the column. */
  readonly columns: readonly Column[];
  /** By column, SQL over the columns of the contract that makes its value. */
  readonly computed?: Readonly<Record<string, string>>;
  readonly checks?: readonly RowCheck[];
  /** Columns that such a message leaves out. */
  readonly hidden?: readonly string[];
  /** Columns in which a NULL is LS2106. */
  readonly required?: readonly string[];
  /**
   * What columns and the fields inside them are called in the files, one for each column in order; absent: as in the contract.
   * `fieldIds`, `partitionColumns`, and what is told of the files, go by these names.
   */
  readonly stored?: readonly StructField[];
  /** Parquet field id by column path ('a', 'a.element', 'a.b', 'm.key', 'm.value'). */
  readonly fieldIds: Readonly<Record<string, number>>;
  readonly rowGroupSize?: number;
  /** Keep the order of the query's rows in one file. Default false: faster, less memory. */
  readonly ordered?: boolean;
  /**
   * Columns whose values are told by the files' `partitionValues` and are not in the files: rows that differ in one of them lie in
   * different files, in folders called after the values. An empty text is LS2106, since tables keep it as NULL.
   */
  readonly partitionColumns?: readonly string[];
  /** Files of different partitions lie side by side all the same. */
  readonly flat?: boolean;
  /** Files that only this process reads, while it works: they need not outlive it. */
  readonly passing?: boolean;
  /** Files that need not last when it returns: who names them in a commit flushes them before. */
  readonly loose?: boolean;
  /** Passing files, whose pages will stand in one that lasts. */
  readonly packed?: boolean;
  /** Cut the rows into files of about this size. Not together with `partitionColumns` or `ordered`. */
  readonly fileBytes?: number;
}

/** Per column path, what the engine knew while writing. Bounds are exact text as the engine prints it; absent: unknown. */
export interface ColumnStats {
  readonly nullCount: number;
  readonly min?: string;
  readonly max?: string;
  readonly hasNan?: boolean;
}

export interface StagedFile {
  /** Relative to the folder. */
  readonly name: string;
  /** Values of the partition columns, as text in Delta's format. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly stats: Readonly<Record<string, ColumnStats>>;
}

/** A block of rows, column by column. Values: bigint for int64, text for decimals and timestamps (ISO, microseconds kept). */
export interface Batch {
  readonly rowCount: number;
  readonly columns: readonly (readonly CellValue[])[];
}

export type CellValue =
  string | number | bigint | boolean | null | Uint8Array | readonly CellValue[] | { readonly [key: string]: CellValue };

export interface QueryResult {
  readonly columns: readonly Column[];
  /** Yields once; ending the loop early stops the query. */
  readonly batches: AsyncIterable<Batch>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** 0 to 1, now and then. */
  readonly onProgress?: (fraction: number) => void;
}

/** A function without arguments that SQL may call, of which it is told that it was: it gives false. */
export const noticeFunction = 'lakesmith_notice';

export interface StageOptions extends CallOptions {
  /** The SQL calls `noticeFunction`. Called once if any row came to it, which may be one that other conditions leave out. */
  readonly onNotice?: () => void;
}

/**
 * A SQL engine. It is message-shaped: requests and answers are plain data, so that it can live in another process.
 * It has two verbs, `query` and `stage`; it never sees a table's log and never commits.
 * Errors are LakeError LS21xx; LS2103 when the signal was aborted; LS2104 when its process died.
 */
export interface Engine {
  readonly name: string;
  readonly version: string;
  query(request: AskRequest, options?: CallOptions): Promise<QueryResult>;
  /** Writes the query's rows as Parquet files, durable when it returns, and says what is in them. On failure what was written may remain, unnamed. */
  stage(request: StageRequest, options?: StageOptions): Promise<readonly StagedFile[]>;
  /** Writes the query's rows to one file for a person or another program. */
  export(
    request: QueryRequest & { readonly file: string; readonly format: 'parquet' | 'csv' },
    options?: CallOptions,
  ): Promise<{ rows: number }>;
  /** Column names and types of a query, without running it. Every type comes through the type policy. */
  describe(request: QueryRequest): Promise<DescribeResult>;
  /** The engine's own syntax trees of statements, in order. A parse error is a value. */
  parse(statements: readonly string[]): Promise<readonly ParseResult[]>;
  /** SQL text of syntax trees, in order. */
  print(trees: readonly unknown[]): Promise<readonly string[]>;
  /** The plans of SELECTs, bound and not made fast, in order. Its relations are all `empty`; what is refused is a value. */
  plan(request: PlanRequest): Promise<readonly SqlPlan[]>;
  /** All rows of one Parquet file of metadata, in no particular order. */
  readParquet(location: string): Promise<readonly ParquetRow[]>;
  /**
   * The same of a file that has very many rows of one struct column, which come as texts of thousands of rows each. Undefined
   * when one of these rows is not just as the request says.
   */
  readPackedParquet(request: PackedRequest): Promise<PackedParquet | undefined>;
  /** Writes rows that are given as JSON text to one Parquet file that any reader understands. */
  writeParquet(request: ParquetText): Promise<{ rows: number }>;
  /** What columns a set of text files has, after the type policy; samples at most `sampleRows` rows (all when absent). */
  infer(request: InferRequest): Promise<readonly InferredColumn[]>;
  close(): Promise<void>;
}

/**
 * A row as an object. Columns and fields of structs that are NULL are left out; maps are objects, whose NULLs stay. Whole
 * numbers are numbers where these hold them exactly, bigint where not.
 */
export type ParquetRow = Readonly<Record<string, CellValue>>;

export interface PackedRequest {
  readonly location: string;
  /** A row that has it has no other column. */
  readonly column: string;
  /** Fields that each row of the column has. A map is given as JSON. */
  readonly texts: readonly Column[];
  /** A field of text that rows may have. They have no fields but these. */
  readonly bytes: string;
}

export interface PackedParquet {
  /** The rows without the column. */
  readonly rows: readonly ParquetRow[];
  readonly packed: readonly PackedRows[];
}

/** Some rows of the column. */
export interface PackedRows {
  readonly count: number;
  /** For each field all its values, with U+001C between them. */
  readonly texts: readonly string[];
  /** The same in UTF-8 of the field that is given as bytes, when these rows have it. No value has that character in it. */
  readonly bytes?: Uint8Array;
}

export interface ParquetText {
  /** Where the file goes; it is overwritten. */
  readonly location: string;
  readonly columns: readonly Column[];
  /** One JSON object per line, each with its line feed. Keys that are no columns are left out. */
  readonly lines: readonly string[];
}

/** A column of text files. Fields inside structs of which no row has a value are left out. */
export interface InferredColumn extends Column {
  /** The files have rows, and none of all of them has a value here (nulls, empty cells, empty lists): the type is a guess. */
  readonly valueless?: true;
}

export interface InferRequest {
  /** Whether JSON is lines or an array is told for each file by its first character. */
  readonly format: TextFormat;
  readonly locations: readonly string[];
  readonly timezone: string;
  readonly sampleRows?: number;
  /**
   * Names of columns, in any case, whose types the caller knows: no row is read for their sake. The answer names them where
   * the files have them, as 'string' or whatever was seen in passing, and never as `valueless` unless that was too.
   */
  readonly known?: readonly string[];
}

export type ParseResult = SqlParse;
export type DescribeResult = SqlBinding;
