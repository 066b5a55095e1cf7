import type { Diagnostic } from '../core/errors.ts';
import { isDay } from './parameter-value.ts';
import type { YamlValue } from './yaml.ts';
import { entryOf } from './yaml.ts';

/** What `kind: date` says. */
export interface CalendarSettings {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly week_starts?: 'monday' | 'sunday' | 'saturday' | undefined;
  readonly fiscal_year_starts?: string | undefined;
}

const units: Readonly<Record<string, string>> = { d: 'day', m: 'month', y: 'year' };
/** As ISO counts days. */
const weekDays = { monday: 1, saturday: 6, sunday: 7 } as const;

/** The SELECT of a calendar: one row a day, with the names of days and months in English. */
export function calendarSql(
  name: string,
  settings: CalendarSettings,
  value: YamlValue | undefined,
): { sql: string; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const bound = (key: 'from' | 'to'): string | undefined => {
    const text = settings[key];
    const place = entryOf(value, key)?.value.place ?? entryOf(value, 'kind')?.key;
    const sql = text === undefined ? undefined : dayOf(text, key);
    if (sql !== undefined) return sql;
    const message =
      text === undefined
        ? `Calendar ${name} has no "${key}"`
        : `"${key}" of ${name} must be a day, and ${text} is none`;
    const hint = key === 'from' ? 'write from: 2020-01-01, or -5y for five years back' : 'write to: 2030-12-31, or +2y';
    diagnostics.push({ code: 'LS1004', message, hint, ...(place === undefined ? {} : { place }) });
    return undefined;
  };
  const [from, to] = [bound('from'), bound('to')];
  const [first = '', last = ''] = [settings.from, settings.to];
  const place = entryOf(value, 'to')?.value.place;
  if (isDay(first) && isDay(last) && first > last && place !== undefined)
    diagnostics.push({
      code: 'LS1004',
      message: `Calendar ${name} ends before it begins`,
      place,
      hint: 'turn them round',
    });
  return { sql: from === undefined || to === undefined ? '' : selectOf(from, to, settings), diagnostics };
}

/** A day as SQL; relative to today it is the first, or the last, of that year. */
function dayOf(text: string, key: 'from' | 'to'): string | undefined {
  if (isDay(text)) return `date '${text}'`;
  const [, sign, count, unit = ''] = /^([+-])(\d{1,4})([dmy])$/.exec(text) ?? [];
  const word = units[unit];
  if (word === undefined || sign === undefined || count === undefined) return undefined;
  const moved = `current_date ${sign} interval ${count} ${word}`;
  const year = `date_trunc('year', ${moved})`;
  return key === 'from' ? `(${year})::date` : `(${year} + interval 1 year - interval 1 day)::date`;
}

function selectOf(from: string, to: string, { week_starts, fiscal_year_starts }: CalendarSettings): string {
  const starts = weekDays[week_starts ?? 'monday'];
  const month = monthNumber(fiscal_year_starts ?? 'january');
  const ofWeek = `(isodow(day) + ${7 - starts}) % 7`;
  const fiscalMonth = `(month(day) + ${12 - month}) % 12`;
  // A fiscal year is called after the year in which it ends.
  const fiscalYear = month === 1 ? 'year(day)' : `year(day) + (month(day) >= ${month})::integer`;
  return `select
  day as date,
  (year(day) * 10000 + month(day) * 100 + day(day))::integer as date_key,
  year(day)::integer as year,
  quarter(day)::integer as quarter,
  month(day)::integer as month,
  monthname(day) as month_name,
  day(day)::integer as day_of_month,
  dayofyear(day)::integer as day_of_year,
  (${ofWeek} + 1)::integer as day_of_week,
  dayname(day) as day_name,
  isodow(day) >= 6 as is_weekend,
  isoyear(day)::integer as iso_year,
  weekofyear(day)::integer as iso_week,
  (day - (${ofWeek})::integer)::date as week_start,
  date_trunc('month', day)::date as month_start,
  last_day(day) as month_end,
  date_trunc('quarter', day)::date as quarter_start,
  (${fiscalYear})::integer as fiscal_year,
  (${fiscalMonth} // 3 + 1)::integer as fiscal_quarter,
  (${fiscalMonth} + 1)::integer as fiscal_month
from (select unnest(generate_series(${from}, ${to}, interval 1 day))::date as day)`;
}

function monthNumber(name: string): number {
  return new Date(`${name} 1, 2000 UTC`).getUTCMonth() + 1;
}
