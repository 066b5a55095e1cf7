import type { HistoryEntry } from '@lakesmith/delta';
import { readHistory } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { NewRowsCommit } from '../lake/new-rows.ts';
import { runOf } from '../lake/new-rows.ts';
import type { StreamSettings } from '../project/model.ts';
import type { BoundTable, RunContext } from './context.ts';
import { inputOf } from './mentions.ts';
import type { ModelWork } from './stage-model.ts';

/** Commits whose rows meet the same versions of the other inputs, and these. */
interface CommitGroup {
  readonly versions: readonly number[];
  readonly others: readonly Relation[];
}

/** By commit, the other inputs as they are in the run, or as they were when it was made. */
export async function commitGroups(
  context: RunContext,
  { model, stream, inputs }: Pick<ModelWork, 'model' | 'inputs'> & { readonly stream: StreamSettings },
  { commits, staged }: { readonly commits: readonly NewRowsCommit[]; readonly staged: number | undefined },
): Promise<readonly CommitGroup[]> {
  const names = model.inputs.filter((name) => name !== stream.follows);
  const bind = async (tables: readonly BoundTable[]): Promise<readonly Relation[]> =>
    await Promise.all(tables.map((table, i) => bindLakeTable(context.lake, names[i] ?? '', table)));
  const now = names.map((name) => inputOf(inputs, name));
  if (stream.joins === 'now' || names.length === 0)
    return [{ versions: commits.map(({ version }) => version), others: await bind(now) }];
  const histories = await Promise.all(now.map(({ path }) => readHistory(context.lake.io(path))));
  const groups = new Map<string, { versions: number[]; tables: readonly BoundTable[] }>();
  for (const commit of commits) {
    const isOfNow = commit.version === staged || commit.run === context.run;
    const tables = isOfNow
      ? now
      : await Promise.all(
          now.map(
            async (table, i) =>
              await tableAt(context, table, { commit, name: names[i] ?? '', history: histories[i] ?? [] }),
          ),
        );
    const key = tables.map(({ snapshot }) => `${snapshot.state} ${snapshot.version}`).join();
    const group = groups.get(key) ?? { versions: [], tables };
    group.versions.push(commit.version);
    groups.set(key, group);
  }
  return await Promise.all(
    [...groups.values()].map(async ({ versions, tables }) => ({ versions, others: await bind(tables) })),
  );
}

/** A table as it was when something else was committed. What the same run made of it was there. */
async function tableAt(
  { lake }: RunContext,
  { path }: BoundTable,
  about: { readonly commit: NewRowsCommit; readonly name: string; readonly history: readonly HistoryEntry[] },
): Promise<BoundTable> {
  const { commit, name, history } = about;
  const version = versionThen(history, commit);
  const snapshot = version === undefined ? undefined : await lake.open(path, version);
  if (snapshot !== undefined) return { path, snapshot };
  const moment = new Date(commit.timestampMs).toISOString();
  throw new LakeError(
    'LS3012',
    `${name} has no version of ${moment} any more, when version ${commit.version} was committed`,
  );
}

function versionThen(history: readonly HistoryEntry[], { timestampMs, run }: NewRowsCommit): number | undefined {
  // Where clocks ran backwards, a version counts as committed no earlier than every version before it.
  let latest = -Infinity;
  let found: number | undefined;
  for (const entry of [...history].reverse()) {
    latest = Math.max(latest, entry.timestampMs);
    if (latest <= timestampMs || (run !== undefined && runOf(entry.commitInfo) === run)) found = entry.version;
  }
  return found;
}
