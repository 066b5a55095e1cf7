import { count, roughTime } from '../core/quantity.ts';
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

/** One screen: what readers see, how the last run ended, and what is wrong or worth knowing. */
export function statusText(status: LakeStatus, nowMs: number): readonly string[] {
  const lines = [
    ...status.stuck.map((one) => stuckLine(one, nowMs)),
    ...status.foreign.map(({ table, versions }): Line => ({
      mark: '✗',
      about: table,
      text: `${count(versions.length, 'commit')} of another writer (${[...new Set(versions.map(({ by, operation }) => `${by || 'unknown'}: ${operation || 'no word of what'}`))].join('; ')}) that no run has audited: \`lakesmith run\` does`,
    })),
    ...[...status.verified].flatMap(([table, one]) => verifiedLines(table, one)),
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
      text: `${grouped(count(rows, 'row'))} in quarantine: \`lakesmith quarantine ${table}\``,
    })),
    ...unverifiedLine(status),
  ];
  const width = widest(lines.map(({ about }) => about));
  return [
    ...headLines(status, nowMs),
    ...lines.map(({ mark, about, text }) => ` ${mark} ${pad(about, width)}   ${text}`),
    isAnythingWrong(status) ? 'something is wrong: see ✗' : 'nothing is wrong',
  ];
}

function headLines({ release, run, freshness }: LakeStatus, nowMs: number): readonly string[] {
  const fresh = freshness.flatMap(({ table, lagSeconds, isStale }) =>
    isStale || lagSeconds === undefined ? [] : [`${table} ${roughTime(lagSeconds)}`],
  );
  return [
    release === undefined
      ? 'no release yet: `lakesmith run` makes the first'
      : `release ${release.release} ─ ${moment(release.at)} (${agoText(nowMs - Date.parse(release.at))}), by run ${release.run}`,
    ...(run === undefined ? [] : [`${isRunWrong(run) ? '✗ ' : ''}run ${run.run} ─ ${runText(run, nowMs)}`]),
    ...(fresh.length === 0 ? [] : [`fresh enough: the newest row of ${fresh.join(', ')} old`]),
  ];
}

function runText({ state, startedMs, endedMs, error }: NonNullable<LakeStatus['run']>, nowMs: number): string {
  const ended = endedMs === undefined ? '' : `, ${agoText(nowMs - endedMs)}`;
  switch (state) {
    case 'running':
      return `at work since ${moment(startedMs)}`;
    case 'died':
      return `died at work; it began ${moment(startedMs)}: the next \`lakesmith run\` finishes or repeats what it did`;
    case 'cancelled':
      return `was stopped${ended}`;
    default:
      return `${state}${ended}${error === undefined ? '' : `: ${error.message}`}`;
  }
}

function stuckLine({ table, status, sinceRun, sinceMs, why, blockedBy }: StuckTable, nowMs: number): Line {
  const since = `since run ${sinceRun} (${agoText(nowMs - sinceMs)})`;
  const by = blockedBy === undefined ? '' : ` by ${blockedBy}`;
  const next = status === 'held' ? `${why}: \`lakesmith run ${table} --apply\` makes it` : why;
  return { mark: '✗', about: table, text: `${status}${by} ${since}${next === '' ? '' : `   ${next}`}` };
}

function staleLine({ table, check, lagSeconds, withinSeconds }: Freshness): Line {
  const newest = lagSeconds === undefined ? 'there is no row' : `the newest row is ${roughTime(lagSeconds)} old`;
  const wanted = withinSeconds === undefined ? 'more than is usual' : `more than ${roughTime(withinSeconds)}`;
  return { mark: '✗', about: table, text: `${check}: ${newest}${lagSeconds === undefined ? '' : `, ${wanted}`}` };
}

function verifiedLines(table: string, { different, broken }: Verified): readonly Line[] {
  const at = ({ at: when, version }: VerifiedThen): string => `version ${version}, verified ${moment(when)}`;
  return [
    ...(different === undefined
      ? []
      : [
          {
            mark: '✗' as const,
            about: table,
            text: `${count(different.rows, 'row')} not what its model gives (${at(different)}): \`lakesmith verify ${table}\` shows them, \`lakesmith run ${table} --full\` makes it anew`,
          },
        ]),
    ...(broken === undefined
      ? []
      : [
          {
            mark: '✗' as const,
            about: table,
            text: `files or counts are wrong (${at(broken)}): \`lakesmith verify ${table}\` says which`,
          },
        ]),
  ];
}

function unverifiedLine({ unverified }: LakeStatus): readonly Line[] {
  const [first, ...others] = unverified;
  if (first === undefined) return [];
  const text = 'never verified: `lakesmith verify --sample` looks at some rows of each';
  return [{ mark: '!', about: others.length === 0 ? first : count(unverified.length, 'table'), text }];
}
