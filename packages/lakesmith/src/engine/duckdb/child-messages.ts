import { LakeError, messageOf } from '../../core/errors.ts';
import type { ErrorCode, LakeErrorOptions, Retry } from '../../core/errors.ts';
import type { Batch, Engine } from '../engine.ts';

/** The calls that an engine in another process answers with one value. */
export type Verb =
  | 'query'
  | 'stage'
  | 'export'
  | 'describe'
  | 'parse'
  | 'print'
  | 'plan'
  | 'readParquet'
  | 'readPackedParquet'
  | 'writeParquet'
  | 'infer';

/** What each verb is asked with. */
export type Question<V extends Verb> = Parameters<Engine[V]>[0];

/** From the program to the engine's process. Every call has a number of its own. */
export type Request =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly verb: Verb;
      readonly question: unknown;
      readonly progress: boolean;
      readonly notice: boolean;
    }
  | { readonly kind: 'abort'; readonly id: number }
  /** The next block of a query's rows. */
  | { readonly kind: 'next'; readonly id: number }
  /** No more rows are wanted. */
  | { readonly kind: 'stop'; readonly id: number };

/** From the engine's process to the program. */
export type Reply =
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: PlainError }
  | { readonly kind: 'progress'; readonly id: number; readonly fraction: number }
  | { readonly kind: 'notice'; readonly id: number }
  | { readonly kind: 'batch'; readonly id: number; readonly batch: Batch }
  | { readonly kind: 'end'; readonly id: number };

/** A LakeError that can be sent. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retry: Retry;
  readonly operation: string | undefined;
  readonly context: LakeErrorOptions['context'];
  readonly cause: string | undefined;
}

export function toPlainError(error: unknown): PlainError {
  const known = error instanceof LakeError ? error : new LakeError('LS9001', messageOf(error));
  const { code, message, retry, operation, context } = known;
  return {
    code,
    message,
    retry,
    operation,
    context,
    cause: known.cause === undefined ? undefined : messageOf(known.cause),
  };
}

export function fromPlainError(plain: PlainError): LakeError {
  const { code, message, retry, operation, context, cause } = plain;
  return new LakeError(code, message, {
    retry,
    ...(operation === undefined ? {} : { operation }),
    ...(context === undefined ? {} : { context }),
    ...(cause === undefined ? {} : { cause: new Error(cause) }),
  });
}
