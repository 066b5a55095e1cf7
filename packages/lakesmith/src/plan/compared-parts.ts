import { count } from '../core/quantity.ts';
import { quoteName, quoteText } from '../core/sql-text.ts';
import type { Column } from '../core/schema.ts';
import type { Check } from '../project/model.ts';
import type { AuditPart, AuditQuestion, AuditSubject } from './audit-question.ts';
import { durationText, isUsual, usualChange, usualLag, usualText } from './usual.ts';

/** What the question of a check says whatever its kind. */
export type Common = Pick<AuditQuestion, 'name' | 'severity' | 'limit' | 'kind' | 'column' | 'cost' | 'among'>;

/** How many rows there are, against bounds or what there was. */
export function rowCountPart(
  { table, earlier, found, rows: known }: AuditSubject,
  check: Extract<Check, { kind: 'row_count' }>,
  common: Common,
): AuditPart[] {
  const part = (judge: (rows: number) => boolean, compared = ''): AuditPart[] => [
    {
      ...common,
      sql: known === undefined ? `select count(*) from ${table}` : `select ${known}`,
      judge: (rows = 0) => judge(rows),
      message: (_, __, rows = 0) =>
        `${check.name}: ${count(rows, 'row')} ${rows === 1 ? 'is' : 'are'} outside the bounds${compared}`,
    },
  ];
  if (check.usual === true) {
    const usual = usualChange(found.get(check.name) ?? []);
    return usual === undefined ? part(() => true) : part((rows) => isUsual(rows, usual), ` (${usualText(usual)})`);
  }
  if (check.withinPercent === undefined)
    return part((rows) => rows >= (check.min ?? 0) && rows <= (check.max ?? Infinity));
  // Nothing to compare with is no failure: a new table has no last week.
  const { withinPercent, of = 'last week' } = check;
  const before = earlier[of]?.rows;
  if (before === undefined) return [];
  return part((rows) => Math.abs(rows - before) * 100 <= before * withinPercent, ` (${before} in ${of})`);
}

/** How old the newest value is. */
export function freshPart(
  { table, nowIso, found }: AuditSubject,
  check: Extract<Check, { kind: 'fresh' }>,
  common: Common,
): AuditPart[] {
  const now = `${quoteText(nowIso)}::timestamptz`;
  const seconds = `epoch(${now}) - epoch(max(${quoteName(check.column)})::timestamptz)`;
  const limit =
    check.withinMs === 'usual' ? usualLag(found.get(check.name) ?? []) : { seconds: check.withinMs / 1000, text: '' };
  return [
    {
      ...common,
      sql: `select ${seconds} from ${table}`,
      judge: (lag) => limit === undefined || (lag !== undefined && lag <= limit.seconds),
      message: (_, __, lag) => {
        const newest = lag === undefined ? 'there is none' : `the newest is ${durationText(lag)} old`;
        const wanted = check.withinMs === 'usual' ? check.column : `no row has ${check.text}`;
        return `${check.name}: ${wanted}: ${newest}${limit?.text ?? ''}`;
      },
    },
  ];
}

/**
 * How much of a distribution would have to move to become the other, in percent: of numbers and times the largest distance between
 * the shares of rows up to a value, of other values half the sum of the distances between their shares.
 */
export function driftPart(
  { table, columns, earlier }: AuditSubject,
  check: Extract<Check, { kind: 'drift' }>,
  common: Common,
): AuditPart[] {
  const before = earlier[check.of];
  const typeIn = (some: readonly Column[]): Column['type'] | undefined =>
    some.find(({ name }) => name === check.column)?.type;
  const type = typeIn(columns);
  // A column that is new, or was of another type, has nothing to be compared with.
  if (before === undefined || type === undefined || typeIn(before.columns) !== type) return [];
  const column = quoteName(check.column);
  const shares = (from: string, sign: string): string =>
    `select ${column} as v, ${sign}count(*)::double / (select count(*) from ${from}) as d from ${from} group by ${column}`;
  const moved = `select v, sum(d) as d from (${shares(table, '')} union all ${shares(before.relation, '-')}) group by v`;
  const isOrdered = type !== 'string' && type !== 'boolean';
  const distance = isOrdered
    ? `max(abs(d)) from (select sum(d) over (order by v nulls first rows unbounded preceding) as d from (${moved}))`
    : `sum(abs(d)) / 2 from (${moved})`;
  return [
    {
      ...common,
      sql: `select 100 * ${distance}`,
      // Of a table without rows, now or then, there is no distribution.
      judge: (percent) => percent === undefined || percent <= check.withinPercent,
      message: (_, __, percent = 0) =>
        `${check.name}: ${percent.toFixed(1)} % of ${check.column} is distributed differently than in ${check.of}, more than ${check.withinPercent} %`,
    },
  ];
}
