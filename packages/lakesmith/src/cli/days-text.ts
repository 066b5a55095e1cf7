import { count } from '../core/quantity.ts';
import type { DayUnit, NoDays, TableDay, TableDays } from '../run/days-of-table.ts';
import { agoText } from './ago.ts';
import { grouped, pad, widest } from './render.ts';

/** So many of the newest stretches are shown; `--json` has all. */
const mostShown = 40;

/** A table day by day: rows, who made them when, what waits. Days without rows between others are told as such. */
export function daysText(found: TableDays | NoDays, nowMs: number): readonly string[] {
  if ('why' in found) return [`${found.table}   ${found.why}`];
  const { table, column, unit, days, unfollowed } = found;
  const shown = days.slice(-mostShown);
  const lines = shown.flatMap((one, i) => {
    const line = cells(one, nowMs);
    const gap = gapText(shown[i - 1]?.day, one.day, unit);
    return gap === undefined ? [line] : [[gap, 'no rows', '', ''], line];
  });
  const widths = [0, 1, 2].map((place) => widest(lines.map((line) => line[place] ?? '')));
  const earlier = days.length - shown.length;
  return [
    `${table} by ${unit} of ${column}`,
    ...(earlier === 0 ? [] : [`  … ${count(earlier, unit)} before: --json has all`]),
    ...lines.map((line) => `  ${line.map((text, i) => pad(text, widths[i] ?? 0, i === 1)).join('   ')}`.trimEnd()),
    ...(days.length === 0 ? ['  no rows'] : []),
    ...unfollowed.map((input) => `  ${input} changed since, and ${column} does not say which ${unit}s that concerns`),
  ];
}

function cells({ day, rows, changed, waiting }: TableDay, nowMs: number): readonly string[] {
  const by = changed?.run === undefined ? `version ${changed?.version ?? ''}` : `run ${changed.run}`;
  const when = changed === undefined ? 'longer ago than is told' : `${by}, ${agoText(nowMs - changed.atMs)}`;
  return [
    day ?? 'no time',
    grouped(count(rows, 'row')),
    rows === 0 ? '' : when,
    waiting === 0 ? '' : `${grouped(count(waiting, 'row'))} waiting`,
  ];
}

/** The stretch between two that have rows; undefined: one follows the other. */
function gapText(before: string | null | undefined, after: string | null, unit: DayUnit): string | undefined {
  if (before === undefined || before === null || after === null) return undefined;
  const [first, last] = [moved(before, unit, 1), moved(after, unit, -1)];
  if (first === undefined || last === undefined || first > last) return undefined;
  return first === last ? first : `${first} … ${last}`;
}

/** The stretch before or after one; undefined outside of the years that are written with four digits. */
function moved(label: string, unit: DayUnit, by: 1 | -1): string | undefined {
  const [, year = '', month = '', day = '01', hour = '00'] =
    /^(\d{4})-(\d{2})(?:-(\d{2}))?(?: (\d{2}):00)?$/.exec(label) ?? [];
  if (year === '') return undefined;
  const at = new Date(0);
  at.setUTCFullYear(
    Number(year),
    Number(month) - 1 + (unit === 'month' ? by : 0),
    Number(day) + (unit === 'day' ? by : 0),
  );
  at.setUTCHours(Number(hour) + (unit === 'hour' ? by : 0));
  const iso = at.toISOString();
  return unit === 'month'
    ? iso.slice(0, 7)
    : unit === 'day'
      ? iso.slice(0, 10)
      : `${iso.slice(0, 10)} ${iso.slice(11, 13)}:00`;
}
