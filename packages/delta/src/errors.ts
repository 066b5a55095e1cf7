/** What can go wrong in the protocol. A code never changes its meaning. */
export const deltaErrorCodes = [
  'table-not-found',
  'version-not-found',
  'log-corrupt',
  'unsupported-feature',
  'invalid-schema',
  'invalid-value',
  'unsafe-path',
  'deletion-vector-corrupt',
  'changes-unavailable',
  'commit-contention',
  'not-durable',
  'table-replaced',
] as const;

export type DeltaErrorCode = (typeof deltaErrorCodes)[number];

/** The one error that this package throws by itself. Errors of a store or codec pass through as they are. */
export class DeltaError extends Error {
  readonly code: DeltaErrorCode;
  /** Facts for a program: table, version, path, feature. Never secrets. */
  readonly context: Readonly<Record<string, string | number>>;

  constructor(
    code: DeltaErrorCode,
    message: string,
    options: { context?: Readonly<Record<string, string | number>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DeltaError';
    this.code = code;
    this.context = options.context ?? {};
  }
}
