import type { HistoryEntry, Snapshot } from '@lakesmith/delta';
import { readHistory } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Lake } from '../lake/lake.ts';
import type { MadeBy, Release } from '../lake/release.ts';

/** Its versions, the newest first, and the run that left each. */
export type QuarantineVersions = readonly { readonly version: number; readonly run: number }[];

export async function quarantineVersions(lake: Lake, path: string): Promise<QuarantineVersions> {
  const history = await readHistory(lake.io(path));
  return history.map(({ version, commitInfo }) => ({
    version,
    run: runOf(commitInfo),
  }));
}

/** What was in quarantine after a run; 'none': the table was made later; undefined: nobody knows any more. */
export function versionAfter(versions: QuarantineVersions, run: number): number | 'none' | undefined {
  const found = versions.find((one) => one.run <= run);
  return found?.version ?? ((versions.at(-1)?.version ?? 0) === 0 ? 'none' : undefined);
}

/** The quarantine as the run of a release left it; undefined: there was none yet. */
export async function quarantineAsOf(
  lake: Lake,
  path: string,
  { release, run }: Pick<Release, 'release' | 'run'>,
): Promise<Snapshot | undefined> {
  const now = await lake.open(path);
  if (now === undefined || runOf(now.commitInfo) <= run) return now;
  const version = versionAfter(await quarantineVersions(lake, path), run);
  if (version === 'none') return undefined;
  const found = version === undefined ? undefined : await lake.open(path, version);
  if (found === undefined) throw unknownQuarantine(release);
  return found;
}

export function unknownQuarantine(release: number): LakeError {
  return new LakeError('LS3004', `What was in quarantine as of release ${release} is not known any more.`);
}

function runOf(commitInfo: HistoryEntry['commitInfo']): number {
  return (commitInfo?.['lakesmith'] as MadeBy | undefined)?.run ?? 0;
}
