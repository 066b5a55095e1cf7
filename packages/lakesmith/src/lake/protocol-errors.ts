import type { DeltaErrorCode } from '@lakesmith/delta';
import { DeltaError } from '@lakesmith/delta';
import type { ErrorCode } from '../core/errors.ts';
import { LakeError } from '../core/errors.ts';

const codes: Readonly<Record<DeltaErrorCode, ErrorCode>> = {
  'table-not-found': 'LS3003',
  'version-not-found': 'LS3003',
  'log-corrupt': 'LS3004',
  'unsupported-feature': 'LS3007',
  'invalid-schema': 'LS3004',
  'invalid-value': 'LS4001',
  'unsafe-path': 'LS3008',
  'deletion-vector-corrupt': 'LS3004',
  'changes-unavailable': 'LS3009',
  'commit-contention': 'LS3301',
  'not-durable': 'LS3104',
  'table-replaced': 'LS3301',
};

/** What went wrong in the protocol, as the program tells it; any other error as it is. */
export function fromProtocol(error: unknown): unknown {
  if (!(error instanceof DeltaError)) return error;
  return new LakeError(codes[error.code], error.message, {
    context: { ...error.context, reason: error.code.toUpperCase().replaceAll('-', '_') },
    cause: error,
  });
}
