import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copiedPaths, readSnapshot, writeCheckpoint } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Removal } from '../lake/erasure.ts';
import { putRemoval, readRemoval } from '../lake/erasure.ts';
import type { Lake } from '../lake/lake.ts';
import { dropRelease } from '../lake/release.ts';
import { reapTemporaries } from '../storage/local-temporaries.ts';
import type { ObjectInfo } from '../storage/object-store.ts';
import type { ForgetScope } from './forget-scope.ts';

/**
 * Removes every file of the scope that the newest version of its table does not need: data, changes, vectors and log. What goes is
 * written down first, and what an earlier call had begun to remove is part of it.
 */
export async function removeErased(
  lake: Lake,
  scope: ForgetScope,
  {
    erasure,
    releases,
    check,
  }: { readonly erasure: number; readonly releases: readonly number[]; readonly check: () => Promise<void> },
): Promise<Removal> {
  const files: ObjectInfo[] = [];
  for (const { path } of scope.tables) files.push(...(await filesBehind(lake, path)));
  for (const folder of [...scope.abandoned, ...['staged', 'kept'].map((name) => lake.own(`_lakesmith/${name}`))])
    files.push(...(await filesIn(lake, folder)));
  const before = await readRemoval(lake.store, erasure);
  const all = [...(before?.files ?? []), ...files.map(({ path, sizeBytes }) => ({ path, sizeBytes }))];
  const removal: Removal = {
    releases: [...new Set([...(before?.releases ?? []), ...releases])].sort((a, b) => a - b),
    files: [...new Map(all.map((file) => [file.path, file])).values()],
  };
  await putRemoval(lake.store, erasure, removal);
  await check();
  for (const release of removal.releases) await dropRelease(lake.state, release);
  for (const { path } of removal.files) await lake.store.delete(path);
  await sweepFolders(lake, scope);
  // Folders of partitions are called after values.
  const told = { ...removal, files: removal.files.map((file) => ({ ...file, path: withoutValues(file.path) })) };
  await putRemoval(lake.store, erasure, told);
  return told;
}

function withoutValues(path: string): string {
  return path
    .split('/')
    .map((part) => (part.includes('=') ? '…' : part))
    .join('/');
}

async function filesIn(lake: Lake, folder: string): Promise<ObjectInfo[]> {
  const files: ObjectInfo[] = [];
  for await (const file of lake.store.list(`${folder}/`)) files.push(file);
  return files;
}

/** The files of a table that its newest version stands without, after a checkpoint of it that remembers nothing older. */
async function filesBehind(lake: Lake, path: string): Promise<readonly ObjectInfo[]> {
  const io = lake.io(path);
  const snapshot = await readSnapshot(io);
  const marked = [...snapshot.files.values()].find(({ deletionVector }) => deletionVector !== undefined);
  if (marked !== undefined)
    throw new LakeError(
      'LS3305',
      `${path} has rows that are only marked as deleted, and lie in its files still: \`lakesmith run --full\` of it writes them anew. Then call forget again: it goes on from here.`,
      { context: { path, file: marked.path } },
    );
  const before = new Set((await filesIn(lake, `${path}/_delta_log`)).map((file) => file.path));
  await writeCheckpoint(io, { ...snapshot, tombstones: new Map() });
  const log = (name: string): string => `${path}/_delta_log/${name}`;
  const head = String(snapshot.version).padStart(20, '0');
  const kept = new Set([
    ...copiedPaths(snapshot).map((file) => `${path}/${file}`),
    ...[`${head}.json`, `${head}.crc`, `${head}.checkpoint.parquet`, '_last_checkpoint'].map(log),
  ]);
  const isNewLog = (file: string): boolean => file.startsWith(log('')) && !before.has(file);
  return (await filesIn(lake, path)).filter((file) => !kept.has(file.path) && !isNewLog(file.path));
}

/** Drafts of puts that were killed, and folders named after a value that are empty now, are no objects of the store. */
async function sweepFolders(lake: Lake, { tables, abandoned }: ForgetScope): Promise<void> {
  const { localPath } = lake.store;
  if (localPath === undefined) return;
  for (const folder of [...tables.map(({ path }) => path), ...abandoned, lake.own('_lakesmith')]) {
    const place = join(localPath, folder);
    if (!(await isFolder(place))) continue;
    await reapTemporaries(place, 0);
    await removeEmpty(place);
  }
}

async function isFolder(place: string): Promise<boolean> {
  return (await readdir(place).catch(() => undefined)) !== undefined;
}

/** True when nothing is left of the folder. */
async function removeEmpty(place: string): Promise<boolean> {
  let isEmpty = true;
  for (const entry of await readdir(place, { withFileTypes: true })) {
    const isGone = entry.isDirectory() && (await removeEmpty(join(place, entry.name)));
    isEmpty = isEmpty && isGone;
  }
  if (isEmpty) await rmdir(place);
  return isEmpty;
}
