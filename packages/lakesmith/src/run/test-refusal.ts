import type { Diagnostic } from '../core/errors.ts';
import { LakeError } from '../core/errors.ts';

/** Why a test cannot be run, and where that stands. */
export function testRefusal(diagnostic: Diagnostic): LakeError {
  return new LakeError(diagnostic.code, diagnostic.message, { diagnostics: [diagnostic] });
}
