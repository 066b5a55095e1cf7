import { stageRestore } from '@lakesmith/delta';
import type { Clock } from '../core/clock.ts';
import { LakeError } from '../core/errors.ts';
import type { Intent } from '../lake/intent.ts';
import { carryOut, putIntent, rollForward } from '../lake/intent.ts';
import type { Lake } from '../lake/lake.ts';
import { filesOf, missingFile } from '../lake/missing-file.ts';
import { programName } from '../lake/program-name.ts';
import type { Release, ReleasedTable } from '../lake/release.ts';
import { asFirst, newestRelease, readRelease } from '../lake/release.ts';
import { keeps } from '../lake/staged.ts';
import { tableInLake } from '../lake/table-in-lake.ts';
import { putRun, startRun } from './journal.ts';
import { takeLease } from './lease.ts';
import { quarantinePath, quarantineTable } from './quarantine.ts';
import { quarantineVersions, unknownQuarantine, versionAfter } from './quarantine-versions.ts';
import { madeByRun, stageEmptyQuarantine } from './stage-quarantine.ts';

/** Restores every table as an earlier release had it, for every reader, and makes that a new release. */
export async function goBack(
  world: { readonly lake: Lake; readonly clock: Clock; readonly environment: string; readonly program: string },
  to: number,
): Promise<Release> {
  const { lake, clock } = world;
  const lease = await takeLease(lake.state);
  try {
    await rollForward(lake);
    const current = await newestRelease(lake);
    const old = await readRelease(lake.state, to);
    if (current === undefined || current.release === to) {
      throw new LakeError('LS3003', `Release ${to} is the newest already: there is nothing to go back to.`);
    }
    const record = await startRun(lake.state, {
      startedMs: Date.now(),
      environment: world.environment,
      program: world.program,
    });
    const commits: Intent['commits'][number][] = [];
    const tables: Record<string, ReleasedTable> = {};
    for (const [name, target] of Object.entries(old.tables)) {
      const restored = await restore(lake, { name, target, run: record.run, nowMs: clock.now() });
      tables[name] = {
        ...target,
        ...(restored === undefined || target.madeBy === undefined ? {} : { madeBy: asFirst(target.madeBy) }),
        version: restored?.readVersion === undefined ? target.version : restored.readVersion + 1,
      };
      if (restored !== undefined) commits.push({ table: name, path: target.path, staged: restored });
    }
    // What rules had put aside belongs to the tables: a row is in one of both.
    const quarantine = await restoreQuarantine(lake, old, { run: record.run, nowMs: clock.now() });
    if (quarantine !== undefined)
      commits.push({ table: quarantineTable, path: quarantinePath(lake), staged: quarantine });
    const release: Release = {
      release: current.release + 1,
      run: record.run,
      at: new Date(clock.now()).toISOString(),
      cause: 'back',
      ...(old.base === undefined ? {} : { base: old.base }),
      tables,
      ...(old.views === undefined ? {} : { views: old.views }),
    };
    await lease.check();
    const intent: Intent = { run: record.run, commits, release };
    await putIntent(lake, intent);
    await carryOut(lake, intent);
    await putRun(lake.state, { ...record, state: 'done', endedMs: Date.now(), release: release.release });
    return release;
  } finally {
    await lease.release();
  }
}

/** The quarantine as the run of a release left it; undefined: it is so. */
async function restoreQuarantine(
  lake: Lake,
  old: Release,
  now: Pick<Target, 'run' | 'nowMs'>,
): Promise<Intent['commits'][number]['staged'] | undefined> {
  const path = quarantinePath(lake);
  const base = await lake.open(path);
  if (base === undefined) return undefined;
  const version = versionAfter(await quarantineVersions(lake, path), old.run);
  if (version === undefined) throw unknownQuarantine(old.release);
  if (version === 'none') return (await stageEmptyQuarantine(lake, { base, run: now.run })).staged;
  return await restore(lake, { ...now, name: quarantineTable, target: { path, version, madeBy: madeByRun(now.run) } });
}

interface Target {
  readonly name: string;
  readonly target: Pick<ReleasedTable, 'path' | 'version' | 'madeBy'>;
  readonly run: number;
  readonly nowMs: number;
}

async function restore(
  lake: Lake,
  { name, target, run, nowMs }: Target,
): Promise<ReturnType<typeof stageRestore> | undefined> {
  const head = await lake.open(target.path);
  if (head === undefined)
    throw new LakeError('LS3004', `${name} is gone from the lake, so its release cannot come back.`);
  // The release of an overlay names its base's table at that version, whatever came after.
  if (head.version === target.version || !lake.owns(target.path)) return undefined;
  const old = await lake.open(target.path, target.version);
  if (old === undefined)
    throw new LakeError('LS3004', `${name} no longer has version ${target.version}, which the release names.`);
  const missing = await missingFile(tableInLake(lake, target.path), filesOf(old));
  if (missing !== undefined)
    throw new LakeError(
      'LS3004',
      `${name} cannot go back to version ${target.version}: its data file ${missing} was removed.`,
    );
  return stageRestore(head, old, {
    nowMs,
    engineInfo: programName,
    keeps,
    ...(target.madeBy === undefined ? {} : { extra: { lakesmith: { ...asFirst(target.madeBy), run } } }),
  });
}
