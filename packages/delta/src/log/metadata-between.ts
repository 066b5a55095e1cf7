import type { Metadata } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import type { TableIo } from '../store.ts';
import { parseCommit } from './commit-file.ts';
import { commitPath } from './names.ts';

/** What versions after the one and before the other said of the table, where they changed that. */
export async function metadataBetween(
  io: TableIo,
  { after, before }: { readonly after: number; readonly before: number },
): Promise<readonly Metadata[]> {
  const said: Metadata[] = [];
  for (let version = after + 1; version < before; version += 1) {
    const path = commitPath(version);
    const bytes = await io.store.get(path);
    if (bytes === undefined)
      throw new DeltaError('version-not-found', `The commit of version ${version} is gone.`, {
        context: { version, path },
      });
    for (const action of parseCommit(bytes, path)) if ('metaData' in action) said.push(action.metaData);
  }
  return said;
}
