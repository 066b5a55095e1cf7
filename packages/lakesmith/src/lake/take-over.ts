import type { Snapshot } from '@lakesmith/delta';
import { applyStaged, copiedPaths, stageCopy } from '@lakesmith/delta';
import { commitTable } from './commit.ts';
import type { Lake } from './lake.ts';
import { pathOfTable } from './lake.ts';
import { programName } from './program-name.ts';
import type { MadeBy } from './release.ts';
import { asFirst } from './release.ts';
import { keeps } from './staged.ts';

/** A version of a table that a lake goes on from; `ending` is what its folder has after that of the table it belongs to. */
export interface HeldTable {
  readonly snapshot: Snapshot;
  readonly ending: string;
}

/**
 * Where a run writes a table: where it lies, when it is the lake's own. A table of the base is never committed to: it gets a folder
 * of the lake's own, with what is to be kept of it under the same names, which costs no space where the store can share bytes.
 */
export async function takeOver(
  lake: Lake,
  request: {
    readonly table: string;
    readonly path: string;
    readonly keeps: readonly HeldTable[];
    readonly run: number;
  },
): Promise<string> {
  const { table, path, keeps, run } = request;
  if (lake.owns(path)) return path;
  const own = await freeFolder(lake, table, run);
  for (const { snapshot, ending } of keeps)
    await copyTable(lake, { table, run, from: `${path}${ending}`, to: `${own}${ending}`, snapshot });
  return own;
}

/** What was made in a folder before belongs to earlier releases, or to a run that died. */
async function freeFolder(lake: Lake, table: string, run: number): Promise<string> {
  const usual = lake.own(pathOfTable(table));
  let folder = usual;
  for (let number = run; (await lake.open(folder)) !== undefined; number += 1) folder = `${usual}-${number}`;
  return folder;
}

interface Copy {
  readonly table: string;
  readonly run: number;
  readonly from: string;
  readonly to: string;
  readonly snapshot: Snapshot;
}

async function copyTable(lake: Lake, { table, run, from, to, snapshot }: Copy): Promise<void> {
  for (const file of copiedPaths(snapshot)) await lake.store.copy(`${from}/${file}`, `${to}/${file}`);
  const madeBy = snapshot.commitInfo?.['lakesmith'] as MadeBy | undefined;
  const io = lake.io(to);
  const staged = stageCopy(snapshot, {
    nowMs: io.now(),
    engineInfo: programName,
    keeps,
    ...(madeBy === undefined ? {} : { extra: { lakesmith: asFirst(madeBy) } }),
  });
  const copied = { table, path: to, staged, snapshot: applyStaged(undefined, staged), rowsWritten: 0 };
  await commitTable(lake, copied, run);
}
