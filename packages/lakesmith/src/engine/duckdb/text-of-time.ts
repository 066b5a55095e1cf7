/** What a text of JSON says: a day, a moment, neither; unsure: it looks like one, and whether it is one is for the engine to say. */
export type TimeKind = 'date' | 'timestamp' | 'text' | 'unsure';

const zero = 48;
const dash = 45;
const colon = 58;
const bigT = 84;
const bigZ = 90;
const notDigits = -1_000_000;
const daysOf = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const looksLikeMoment = /^\d{4}-\d\d-\d\d[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,6}0*)?)?(?:Z|[+-](\d\d)(?::?(\d\d))?)?$/;

/** Of the bytes between the quotes, as `leafTest` would say it. */
export function timeKindOf(bytes: Buffer, from: number, to: number): TimeKind {
  if (to - from < 10 || bytes[from + 4] !== dash || bytes[from + 7] !== dash) return 'text';
  const year = yearAt(bytes, from);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  if (!(year >= 0 && month >= 0 && day >= 0)) return 'text';
  const isDay = isDayOf(year, month, day);
  if (to - from === 10) return year === 0 ? 'unsure' : isDay ? 'date' : 'text';
  const parts = looksLikeMoment.exec(bytes.toString('latin1', from, to));
  if (parts === null) return 'text';
  const [, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = parts.map((part) => Number(part ?? 0));
  const isSure = hour < 24 && minute < 60 && second < 60 && zoneHour < 15 && zoneMinute < 60;
  return isSure && year > 0 && isDay ? 'timestamp' : 'unsure';
}

export const plainMomentBytes = 20;

/** Whether 2026-01-01T00:00:00Z or another moment in the form of most programs stands there. */
export function isPlainMoment(bytes: Buffer, from: number): boolean {
  if (bytes[from + 19] !== bigZ || bytes[from + 10] !== bigT) return false;
  if (bytes[from + 4] !== dash || bytes[from + 7] !== dash) return false;
  if (bytes[from + 13] !== colon || bytes[from + 16] !== colon) return false;
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  const year = yearAt(bytes, from);
  return year > 0 && isDayOf(year, twoDigits(bytes, from + 5), twoDigits(bytes, from + 8));
}

/** Below 0: it is none. */
function yearAt(bytes: Buffer, at: number): number {
  return twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
}

/** The number that two digits say; far below 0: they are none. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) - zero;
  const ones = (bytes[at + 1] as number) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : notDigits;
}

function isDayOf(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (daysOf[month] as number) + (month === 2 && isLeap ? 1 : 0);
}
