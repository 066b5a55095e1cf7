import type { Action, CommitInfo, Metadata } from '../actions.ts';
import { keepsCommitTimes } from '../configuration.ts';
import { isSupported } from '../features.ts';
import { commitInfoOf } from '../log/commit-file.ts';
import type { Snapshot } from '../snapshot.ts';

const SINCE_VERSION = 'delta.inCommitTimestampEnablementVersion';
const SINCE_TIME = 'delta.inCommitTimestampEnablementTimestamp';

/**
 * The time that a commit on top of `base` carries (PROTOCOL.md, In-Commit Timestamps), when it leaves a table that wants one:
 * later than that of every version before. From where on commits carry one is noted when this is not the table's first version.
 */
export function stageTimestamp(
  actions: readonly Action[],
  base: Snapshot | undefined,
  nowMs: number,
): { readonly actions: readonly Action[]; readonly inCommitTimestamp?: number } {
  const wants = wantsTimes(actions, base);
  const inCommitTimestamp = Math.max(nowMs, (base?.timestampMs ?? -1) + 1);
  const isNew = wants && base !== undefined && !wantsTimes([], base);
  const noted = actions.map((action): Action => {
    if (!('metaData' in action)) return action;
    const since = isNew ? { version: base.version + 1, timeMs: inCommitTimestamp } : undefined;
    return wants && !isNew ? action : { metaData: withSince(action.metaData, since) };
  });
  return wants ? { actions: noted, inCommitTimestamp } : { actions: noted };
}

function wantsTimes(actions: readonly Action[], base: Snapshot | undefined): boolean {
  let protocol = base?.protocol;
  let metadata = base?.metadata;
  for (const action of actions) {
    if ('protocol' in action) ({ protocol } = action);
    if ('metaData' in action) metadata = action.metaData;
  }
  if (protocol === undefined || metadata === undefined) return false;
  return keepsCommitTimes(metadata.configuration) && isSupported(protocol, 'inCommitTimestamp');
}

function withSince(metadata: Metadata, since: { version: number; timeMs: number } | undefined): Metadata {
  const { [SINCE_VERSION]: version, [SINCE_TIME]: time, ...others } = metadata.configuration;
  if (since === undefined && version === undefined && time === undefined) return metadata;
  const told = since === undefined ? {} : { [SINCE_VERSION]: `${since.version}`, [SINCE_TIME]: `${since.timeMs}` };
  return { ...metadata, configuration: { ...others, ...told } };
}

/** Where and when a staged commit is put, and on top of what. */
interface Moment {
  readonly version: number;
  readonly nowMs: number;
  /** What others committed since it was staged, in order. */
  readonly winners: readonly (readonly Action[])[];
}

/**
 * The actions of a staged commit as they are put at this moment: the times are the moment's, and of all else only the note of
 * since when there are times moves along.
 */
export function stampCommit(actions: readonly Action[], { version, nowMs, winners }: Moment): Action[] {
  const staged = commitInfoOf(actions);
  const wants = lastWish(winners) ?? staged?.inCommitTimestamp !== undefined;
  const earlier = commitInfoOf(winners.at(-1) ?? []);
  const previousMs = Math.max(earlier?.inCommitTimestamp ?? earlier?.timestamp ?? -1, -1);
  const timeMs = Math.max(nowMs, staged?.inCommitTimestamp ?? 0, previousMs + 1);
  const predicted = String((staged?.readVersion ?? -1) + 1);
  return actions.map((action): Action => {
    if ('commitInfo' in action) return { commitInfo: stamped(action.commitInfo, nowMs, wants ? timeMs : undefined) };
    const isNoted = 'metaData' in action && action.metaData.configuration[SINCE_VERSION] === predicted;
    return isNoted ? { metaData: withSince(action.metaData, { version, timeMs }) } : action;
  });
}

/** The time of a commit comes first of all that it says. */
function stamped(commitInfo: CommitInfo, nowMs: number, timeMs: number | undefined): CommitInfo {
  const { inCommitTimestamp: _, ...said } = commitInfo;
  return { ...(timeMs === undefined ? {} : { inCommitTimestamp: timeMs }), ...said, timestamp: nowMs };
}

/** Whether the table wants times since the last of the commits that changed its properties; undefined when none did. */
function lastWish(winners: readonly (readonly Action[])[]): boolean | undefined {
  let wish: boolean | undefined;
  for (const actions of winners)
    for (const action of actions) if ('metaData' in action) wish = keepsCommitTimes(action.metaData.configuration);
  return wish;
}
