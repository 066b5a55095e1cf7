import { LakeError } from '../core/errors.ts';

/** What to say when a place does not take new data files: no room, no right, no such disk. */
export function newFilesError(folder: string, reason: string, cause: unknown): LakeError {
  return new LakeError('LS3101', `Nothing was written: new data files in ${folder} cannot be made (${reason}).`, {
    operation: 'stage',
    context: { folder },
    cause,
  });
}
