import { durationMs } from '../core/duration.ts';

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const days = 'sun mon tue wed thu fri sat'.split(' ');

interface Field {
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

const fields: readonly Field[] = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, names: months },
  { from: 0, to: 7, names: days },
];

/** True for the five fields of cron: minute, hour, day of month, month, day of week. */
export function isCron(text: string): boolean {
  const parts = text.trim().split(/\s+/);
  return parts.length === fields.length && fields.every((field, i) => isField(parts[i] ?? '', field));
}

const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** True for a day that no year has, such as the 31st of February. */
export function isNever(cron: string): boolean {
  const [, , day = '', month = '', weekday = ''] = cron.trim().split(/\s+/);
  if (weekday !== '*' || day.includes('*')) return false;
  const inMonth = (number: number): boolean => month.split(',').some((part) => isIn(part, number));
  const first = Math.min(...day.split(',').map((part) => Number(/^\d+/.exec(part)?.[0])));
  return longest.every((days, i) => !inMonth(i + 1) || first > days);
}

function isIn(part: string, number: number): boolean {
  const [range = ''] = part.split('/');
  if (range === '*') return true;
  const [first = 0, last = first] = range.split('-').map((word) => placeOf(word, { from: 1, to: 12, names: months }));
  return first <= number && number <= last;
}

function isField(text: string, field: Field): boolean {
  return text.split(',').every((part) => {
    const [, range = '', step] = /^([^/]+)(?:\/([1-9]\d*))?$/.exec(part) ?? [];
    if (range === '') return false;
    if (range === '*') return true;
    const [first, last, more] = range.split('-').map((word) => placeOf(word, field));
    if (first === undefined || more !== undefined) return false;
    // A step goes through a range, and one value is none.
    if (!range.includes('-')) return step === undefined;
    return last !== undefined && first <= last;
  });
}

function placeOf(word: string, { from, to, names = [] }: Field): number | undefined {
  const named = names.indexOf(word.toLowerCase());
  const number = named >= 0 ? named + from : /^\d{1,2}$/.test(word) ? Number(word) : -1;
  return number >= from && number <= to ? number : undefined;
}

/** True for a time that passes: 30m, 4h. */
export function isSpan(text: string): boolean {
  return (durationMs(text) ?? 0) > 0;
}
