import type { CommitResult, StagedCommit } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { encodeJson } from '../core/json.ts';
import { commitLineOf } from './commit-line.ts';
import type { Lake } from './lake.ts';
import { requireOwn } from './lake.ts';
import type { Release } from './release.ts';
import { putRelease } from './release.ts';
import { readStoredJson } from './stored-json.ts';

/**
 * All commits of a run, written down before the first of them is put. From that moment the run happens: whoever comes
 * next finishes it. A commit that is there already is recognised by its txnId and not put twice.
 */
export interface Intent {
  readonly run: number;
  readonly commits: readonly { readonly table: string; readonly path: string; readonly staged: StagedCommit }[];
  /** The release that follows, with the versions that the commits get. */
  readonly release: Release;
}

const folder = '_lakesmith/intents/';
const pathOf = (run: number): string => `${folder}${String(run).padStart(20, '0')}.json`;

/** Writes down what is going to be committed: to tables of the lake's own only. */
export async function putIntent(lake: Lake, intent: Intent): Promise<void> {
  requireOwn(lake, intent.commits);
  await lake.state.put(pathOf(intent.run), encodeJson(intent));
}

/**
 * Refuses an intent when a table has gone on since its commit was staged. Commits are put one after the other, so that
 * what is seen in time is seen before the first of them.
 */
export async function checkHeads(lake: Lake, { run, commits }: Intent): Promise<void> {
  for (const { table, path, staged } of commits) {
    const next = (staged.readVersion ?? -1) + 1;
    if ((await lake.store.head(`${path}/_delta_log/${String(next).padStart(20, '0')}.json`)) === undefined) continue;
    const { commitInfo } = (await lake.open(path, next)) ?? {};
    throw conflictError(table, run, staged, { reason: 'gone-on', winner: { version: next, commitInfo } });
  }
}

/** Puts every commit of an intent and then its release. Safe to repeat from any point at which it stopped. */
export async function carryOut(lake: Lake, intent: Intent): Promise<void> {
  requireOwn(lake, intent.commits);
  for (const { table, path, staged } of intent.commits) {
    const base = staged.readVersion < 0 ? undefined : await lake.open(path, staged.readVersion);
    // A winner that is in nobody's way is still one that no audit has seen.
    const result = await commitLineOf(lake.locate(path)).commit(lake.io(path), staged, { rebase: false, base });
    if (result.kind === 'conflict') {
      // The world moved between the last look and the put. What was committed stays and is audited by the next run.
      await lake.state.delete(pathOf(intent.run));
      throw conflictError(table, intent.run, staged, result);
    }
  }
  await putRelease(lake.state, intent.release);
  await lake.state.delete(pathOf(intent.run));
}

/** Finishes what a run that died had begun to commit. Only for the holder of the lease. Says which runs were finished. */
export async function rollForward(lake: Lake): Promise<readonly Intent[]> {
  const finished: Intent[] = [];
  const paths: string[] = [];
  for await (const object of lake.state.list(folder, { shallow: true })) paths.push(object.path);
  for (const path of paths) {
    const intent = await readStoredJson<Intent>(lake.state, path);
    if (intent === undefined) continue;
    await carryOut(lake, intent);
    finished.push(intent);
  }
  return finished;
}

export function conflictError(
  table: string,
  run: number,
  staged: StagedCommit,
  conflict: Pick<Extract<CommitResult, { kind: 'conflict' }>, 'winner'> & { readonly reason: string },
): LakeError {
  const { version, commitInfo } = conflict.winner;
  if (conflict.reason === 'table-replaced')
    return new LakeError(
      'LS3301',
      `${table} was deleted under run ${run}, and another table was made in its place. Nothing was written to that one; look whose it is before you run again.`,
      { retry: 'never', context: { table, version, run, reason: conflict.reason } },
    );
  const who = typeof commitInfo?.engineInfo === 'string' ? commitInfo.engineInfo : 'another writer';
  const what = typeof commitInfo?.operation === 'string' ? ` (${commitInfo.operation})` : '';
  return new LakeError(
    'LS3301',
    `${table} changed under this run: ${who} committed version ${version}${what} while run ${run} was building on version ${staged.readVersion}. Run again: it builds on version ${version}.`,
    { retry: 'safe', context: { table, version, run, reason: conflict.reason } },
  );
}
