import { count, roughTime } from '../core/quantity.ts';
import { commandIn } from '../project/command-line.ts';
import type { Project } from '../project/model.ts';
import { foreignText } from '../run/foreign-commits.ts';
import type { Freshness, LakeStatus } from '../run/lake-status.ts';
import { isAnythingWrong, isRunWrong } from '../run/lake-status.ts';
import type { StuckTable } from '../run/stuck-tables.ts';
import type { Verified, VerifiedThen } from '../run/verifications.ts';
import { agoText } from './ago.ts';
import { grouped, moment, pad, widest } from './render.ts';

interface Line {
  /** ✗: somebody should look. !: worth knowing. */
  readonly mark: '✗' | '!';
  readonly about: string;
  readonly text: string;
}

interface Told {
  readonly nowMs: number;
  /** A command as it is typed where this was asked. */
  readonly command: (words: string) => string;
}

/** One screen: what readers see, how the last run ended, and what is wrong or worth knowing. */
export function statusText(
  status: LakeStatus,
  { nowMs, project }: { readonly nowMs: number; readonly project: Pick<Project, 'environment'> },
): readonly string[] {
  const command = (words: string): string => commandIn(project, words);
  const lines = [
    ...status.stuck.map((one) => stuckLine(one, { nowMs, command })),
    ...status.foreign.map(({ table, versions }): Line => ({
      mark: '✗',
      about: table,
      text: `${count(versions.length, 'commit')} of another writer (${[...new Set(versions.map(foreignText))].join('; ')}) that no run has audited: ${command('run')} does`,
    })),
    ...[...status.verified].flatMap(([table, one]) => verifiedLines(table, one, command)),
    ...status.freshness.filter(({ isStale }) => isStale).map(staleLine),
    ...status.quality
      .filter(({ newest }) => newest.kind !== 'fresh')
      .map(({ table, newest, brokenSince }): Line => ({
        mark: '!',
        about: table,
        text: `${newest.name} (${newest.severity}): ${grouped(String(newest.broken))} of ${grouped(String(newest.rows))} rows${brokenSince === undefined ? '' : `, since run ${brokenSince}`}`,
      })),
    ...[...status.quarantine].map(([table, rows]): Line => ({
      mark: '!',
      about: table,
      text: `${grouped(count(rows, 'row'))} in quarantine: ${command(`quarantine ${table}`)}`,
    })),
    ...unverifiedLine(status, command),
  ];
  const width = widest(lines.map(({ about }) => about));
  return [
    ...headLines(status, { nowMs, command }),
    ...lines.map(({ mark, about, text }) => ` ${mark} ${pad(about, width)}   ${text}`),
    isAnythingWrong(status) ? 'something is wrong: see ✗' : 'nothing is wrong',
  ];
}

function headLines({ release, run, freshness }: LakeStatus, { nowMs, command }: Told): readonly string[] {
  const fresh = freshness.flatMap(({ table, lagSeconds, isStale }) =>
    isStale || lagSeconds === undefined ? [] : [`${table} ${roughTime(lagSeconds)}`],
  );
  return [
    release === undefined
      ? `no release yet: ${command('run')} makes the first`
      : `release ${release.release} ─ ${moment(release.at)} (${agoText(nowMs - Date.parse(release.at))}), by run ${release.run}`,
    ...(run === undefined
      ? []
      : [`${isRunWrong(run) ? '✗ ' : ''}run ${run.run} ─ ${runText(run, { nowMs, command })}`]),
    ...(fresh.length === 0 ? [] : [`fresh enough: the newest row of ${fresh.join(', ')} old`]),
  ];
}

function runText(
  { state, startedMs, endedMs, error }: NonNullable<LakeStatus['run']>,
  { nowMs, command }: Told,
): string {
  const ended = endedMs === undefined ? '' : `, ${agoText(nowMs - endedMs)}`;
  switch (state) {
    case 'running':
      return `at work since ${moment(startedMs)}`;
    case 'died':
      return `died at work; it began ${moment(startedMs)}: the next ${command('run')} finishes or repeats what it did`;
    case 'cancelled':
      return `was stopped${ended}`;
    default:
      return `${state}${ended}${error === undefined ? '' : `: ${error.message}`}`;
  }
}

function stuckLine({ table, status, sinceRun, sinceMs, why, blockedBy }: StuckTable, { nowMs, command }: Told): Line {
  const since = `since run ${sinceRun} (${agoText(nowMs - sinceMs)})`;
  const by = blockedBy === undefined ? '' : ` by ${blockedBy}`;
  const next = status === 'held' ? `${why}: ${command(`run ${table} --apply`)} makes it` : why;
  return { mark: '✗', about: table, text: `${status}${by} ${since}${next === '' ? '' : `   ${next}`}` };
}

function staleLine({ table, check, lagSeconds, withinSeconds }: Freshness): Line {
  const newest = lagSeconds === undefined ? 'there is no row' : `the newest row is ${roughTime(lagSeconds)} old`;
  const wanted = withinSeconds === undefined ? 'more than is usual' : `more than ${roughTime(withinSeconds)}`;
  return { mark: '✗', about: table, text: `${check}: ${newest}${lagSeconds === undefined ? '' : `, ${wanted}`}` };
}

function verifiedLines(table: string, { different, broken }: Verified, command: Told['command']): readonly Line[] {
  const at = ({ at: when, version }: VerifiedThen): string => `version ${version}, verified ${moment(when)}`;
  return [
    ...(different === undefined
      ? []
      : [
          {
            mark: '✗' as const,
            about: table,
            text: `${count(different.rows, 'row')} not what its model gives (${at(different)}): ${command(`verify ${table}`)} shows them, ${command(`run ${table} --full`)} makes it anew`,
          },
        ]),
    ...(broken === undefined
      ? []
      : [
          {
            mark: '✗' as const,
            about: table,
            text: `files or counts are wrong (${at(broken)}): ${command(`verify ${table}`)} says which`,
          },
        ]),
  ];
}

function unverifiedLine({ unverified }: LakeStatus, command: Told['command']): readonly Line[] {
  const [first, ...others] = unverified;
  if (first === undefined) return [];
  const text = `never verified: ${command('verify --sample')} looks at some rows of each`;
  return [{ mark: '!', about: others.length === 0 ? first : count(unverified.length, 'table'), text }];
}
