/** How an error ends the program (SESSION: 0 done, 1 a table or test failed, 2 the project is wrong, 3 held). */
export type ExitCode = 1 | 2 | 3;

/**
 * Every error of the program, once. The reference page, exit codes, HTTP status and SQLSTATE are derived from this list.
 * LS10xx lakesmith.yml, LS11xx settings and rules, LS12xx SQL, LS13xx sources, LS14xx types,
 * LS20xx sources at run time, LS21xx engine, LS22xx checks, LS23xx TypeScript at run time, LS30xx lake, LS31xx storage, LS33xx concurrency, LS40xx command line.
 */
export const errorCodes = {
  LS1001: { title: 'The project file is missing or cannot be read', exit: 2 },
  LS1002: { title: 'A file is not valid YAML', exit: 2 },
  LS1003: { title: 'An unknown key', exit: 2 },
  LS1004: { title: 'A value of the wrong form', exit: 2 },
  LS1005: { title: 'The file format version is not one that this program reads', exit: 2 },
  LS1006: { title: 'An environment variable or secret is not set', exit: 2 },
  LS1007: { title: 'An unknown environment', exit: 2 },
  LS1008: { title: 'Two files define the same table', exit: 2 },
  LS1009: { title: 'A name that no table can have', exit: 2 },
  LS1010: { title: 'A parameter that is not defined', exit: 2 },
  LS1011: { title: 'A parameter that nothing uses', exit: 2 },
  LS1012: { title: 'A parameter without a value of its type', exit: 2 },
  LS1101: { title: 'A setting stands in the SQL comment and in the file beside it', exit: 2 },
  LS1102: { title: 'A rule is not valid SQL', exit: 2 },
  LS1103: { title: 'An unknown severity', exit: 2 },
  LS1104: { title: 'A rule that may remove rows has a sub-select', exit: 2 },
  LS1105: { title: 'A check that cannot be understood', exit: 2 },
  LS1106: { title: 'A key or rule names a column that the table does not have', exit: 2 },
  LS1107: { title: 'A rule that must be quoted in YAML', exit: 2 },
  LS1201: { title: 'SQL that the engine cannot parse', exit: 2 },
  LS1202: { title: 'A model is not one SELECT', exit: 2 },
  LS1203: { title: 'A table that does not exist', exit: 2 },
  LS1204: { title: 'A column that does not exist', exit: 2 },
  LS1205: { title: 'SQL that the engine cannot bind', exit: 2 },
  LS1206: { title: 'Models that need each other', exit: 2 },
  LS1207: { title: 'A function whose result changes from run to run', exit: 2 },
  LS1208: { title: 'A model, a check or a query reads files or tables outside the lake', exit: 2 },
  LS1209: { title: 'A file of macros holds something else', exit: 2 },
  LS1210: { title: 'A macro that is called wrongly', exit: 2 },
  LS1211: { title: 'A macro whose name is taken', exit: 2 },
  LS1212: { title: 'Macros that need each other', exit: 2 },
  LS1213: { title: 'TypeScript that cannot be parsed', exit: 2 },
  LS1214: { title: 'A TypeScript file that fails when it is read', exit: 2 },
  LS1215: { title: 'A TypeScript file that does not define models', exit: 2 },
  LS1216: { title: 'A SELECT that a stream cannot have', exit: 2 },
  LS1301: { title: 'A source without a place to read from', exit: 2 },
  LS1302: { title: 'An unknown file format', exit: 2 },
  LS1303: { title: 'A connection that is not defined, or whose driver is missing', exit: 2 },
  LS1304: { title: 'A reference table that cannot be read', exit: 2 },
  LS1305: { title: 'A channel that is not defined, or leads nowhere', exit: 2 },
  LS1401: { title: 'A type that tables cannot store', exit: 2 },
  LS1402: { title: 'An unknown type', exit: 2 },
  LS2001: { title: 'A source file that cannot be read as what it should be', exit: 1 },
  LS2002: { title: 'A source has new columns', exit: 1 },
  LS2003: { title: 'A source file changed after it was loaded', exit: 1 },
  LS2004: { title: 'A value does not fit the type of its column', exit: 1 },
  LS2005: { title: 'A declared type is not the one that the table has', exit: 2 },
  LS2101: { title: 'A query failed', exit: 1 },
  LS2102: { title: 'A query ran out of memory', exit: 1 },
  LS2103: { title: 'A query was cancelled', exit: 1 },
  LS2104: { title: 'The engine stopped', exit: 1 },
  LS2105: { title: 'A number is too large for its column', exit: 1 },
  LS2106: { title: 'A value cannot be stored as it is', exit: 1 },
  LS2107: { title: 'A row breaks a constraint of its table', exit: 1 },
  LS2201: { title: 'A rule or check of severity fail was broken', exit: 1 },
  LS2202: { title: 'A key is null or not unique', exit: 1 },
  LS2203: { title: 'A table with `refresh: strict` that could only be made anew', exit: 1 },
  LS2204: { title: 'Rows that cannot be put back', exit: 2 },
  LS2301: { title: 'The TypeScript of a model failed', exit: 1 },
  LS2302: { title: 'The TypeScript of a model takes more time or memory than it may', exit: 1 },
  LS3001: { title: 'There is no lake or no release yet', exit: 1 },
  LS3002: { title: 'The lake has a format that this program cannot use', exit: 1 },
  LS3003: { title: 'A table or release that does not exist', exit: 1 },
  LS3004: { title: 'A table that cannot be read', exit: 1 },
  LS3005: { title: 'A table without a key', exit: 1 },
  LS3006: { title: 'No row with that key', exit: 1 },
  LS3007: { title: 'A table with a feature that this program does not know', exit: 1 },
  LS3008: { title: 'A table whose log names a file outside of it', exit: 1 },
  LS3009: { title: 'Changes that the table did not keep', exit: 1 },
  LS3010: { title: 'A run of which nothing is kept that could be asked', exit: 1 },
  LS3011: { title: 'A release whose rows were erased', exit: 1 },
  LS3012: { title: 'A stream whose place in its input is lost', exit: 1 },
  LS3101: { title: 'The store failed', exit: 1 },
  LS3102: { title: 'The file system cannot create files atomically', exit: 1 },
  LS3103: { title: 'The store did not answer in time', exit: 1 },
  LS3104: { title: 'A file may be lost in a power cut', exit: 1 },
  LS3301: { title: 'A table changed under this run', exit: 1 },
  LS3302: { title: 'Another run is at work', exit: 1 },
  LS3303: { title: 'This run lost its lease', exit: 1 },
  LS3304: { title: 'An environment that cannot be promoted, refreshed or dropped now', exit: 1 },
  LS3305: { title: 'Rows that cannot be erased, or not now', exit: 1 },
  LS4001: { title: 'A command or option that does not exist', exit: 2 },
  LS4002: { title: 'A folder that is not empty', exit: 2 },
  LS4003: { title: 'A selection that matches nothing', exit: 2 },
  LS4004: { title: 'Only a SELECT can be asked here', exit: 2 },
  LS4005: { title: 'A file that cannot be written or read', exit: 2 },
  LS4006: { title: 'Days that cannot be made anew by themselves', exit: 2 },
  LS9001: { title: 'A defect in Lakesmith', exit: 1 },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** never: it will fail again. safe: trying again may succeed and cannot do harm. exhausted: we tried, and gave up. */
export type Retry = 'never' | 'safe' | 'exhausted';

/** A place in a file that the user wrote. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** How many characters to underline; at least 1. */
  readonly length?: number;
}

/** One thing to tell the user: what, where, and what to do next. Errors of a project come as a list of these. */
export interface Diagnostic {
  readonly code: ErrorCode;
  /** One sentence: what failed, which object. */
  readonly message: string;
  readonly place?: Place;
  /** Stands beside the underlined word: what was expected, or a near name. */
  readonly hint?: string;
  /** The line at `place`, and the one above it, as the file has them. */
  readonly excerpt?: { readonly above?: string; readonly line: string };
}

export interface LakeErrorOptions {
  readonly retry?: Retry;
  readonly operation?: string;
  /** Facts for a program. Never secrets. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  readonly place?: Place;
  readonly hint?: string;
  /** More than one diagnostic: the errors of a project, all at once. */
  readonly diagnostics?: readonly Diagnostic[];
}

/** The one error of the program. Its message is one sentence: what failed, which object, what to do next. */
export class LakeError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly operation: string | undefined;
  readonly context: Readonly<Record<string, unknown>>;
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: ErrorCode, message: string, options: LakeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LakeError';
    this.code = code;
    this.retry = options.retry ?? 'never';
    this.operation = options.operation;
    this.context = options.context ?? {};
    this.diagnostics = options.diagnostics ?? [
      {
        code,
        message,
        ...(options.place === undefined ? {} : { place: options.place }),
        ...(options.hint === undefined ? {} : { hint: options.hint }),
      },
    ];
  }

  get exitCode(): ExitCode {
    return errorCodes[this.code].exit;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
