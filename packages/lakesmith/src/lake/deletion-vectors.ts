import type { DeletionVector } from '@lakesmith/delta';
import { deletionVectorFile } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { DeltaTable } from './delta-table.ts';
import type { Touched } from './rewrite-plan.ts';
import { leftRows } from './rewrite-plan.ts';

/** Writes one file that names the rows which these files do not have any more; gives each its vector, by the file's key. */
export async function writeVectors(
  table: DeltaTable,
  files: readonly Touched[],
): Promise<ReadonlyMap<string, DeletionVector>> {
  const sets = files.flatMap((touched) => {
    const set = leftRows(touched);
    return set === undefined ? [] : [{ key: touched.file.key, set }];
  });
  if (sets.length === 0) return new Map();
  const { path, bytes, vectors } = deletionVectorFile(
    sets.map(({ set }) => set),
    crypto.randomUUID(),
  );
  if ((await table.store.putIfAbsent(path, bytes)).kind !== 'stored')
    throw new LakeError('LS9001', `The new file ${path} is there already`);
  const byKey = new Map<string, DeletionVector>();
  for (const [i, { key }] of sets.entries()) {
    const vector = vectors[i];
    if (vector !== undefined) byKey.set(key, vector);
  }
  return byKey;
}
