import { type Span, blurred } from './span.ts';

const DAY_MS = 86_400_000;
const DATE = /^([+-]?\d{4,6})-(\d\d)-(\d\d)$/;
const INSTANT =
  /^([+-]?\d{4,6}-\d\d-\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(?:\s?(Z|UTC)|([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?)?$/;

/** A date as days since the epoch. */
export function daySpan(text: string): Span | undefined {
  const ms = midnight(text);
  return ms === undefined ? undefined : { low: ms / DAY_MS, high: ms / DAY_MS };
}

/** A point in time as microseconds since the epoch. One with a zone must say its offset, one without must say none. */
export function instantSpan(text: string, zoned: boolean): Span | undefined {
  const match = INSTANT.exec(text);
  const day = midnight(match?.[1] ?? '');
  if (match === null || day === undefined) return undefined;
  const [, , hours = '0', minutes = '0', seconds = '0', fraction = '', utc, sign, ...offset] = match;
  if ((utc !== undefined || sign !== undefined) !== zoned) return undefined;
  if (Number(hours) > 24 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const [offsetHours = '0', offsetMinutes = '0', offsetSeconds = '0'] = offset;
  const ahead = secondsOf(offsetHours, offsetMinutes, offsetSeconds) * (sign === '-' ? -1 : 1);
  const micros =
    (day / 1000 + secondsOf(hours, minutes, seconds) - ahead) * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
  // Digits below a microsecond lie between it and the next.
  const beyond = /[1-9]/.test(fraction.slice(6)) ? 1 : 0;
  if (Number.isSafeInteger(micros)) return { low: micros, high: micros + beyond };
  return { low: blurred(micros).low, high: blurred(micros + beyond).high };
}

function secondsOf(hours: string, minutes: string, seconds: string): number {
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** Milliseconds from the epoch to the beginning of a day of the Gregorian calendar, if there is such a day. */
function midnight(text: string): number | undefined {
  const [, year, month, day] = DATE.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() : undefined;
}
