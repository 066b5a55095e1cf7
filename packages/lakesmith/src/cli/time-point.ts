import { LakeError } from '../core/errors.ts';

/** The version that an option names: versions are counted from 0. */
export function versionOf(option: string, text: string): number {
  const version = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(version))
    throw new LakeError('LS4001', `${option} wants a version, a whole number from 0 on, not ${text}.`);
  return version;
}

const form = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** The moment that an option names, in ms since the epoch. Without a zone it is UTC; a day alone is its first moment. */
export function momentOf(option: string, text: string): number {
  const match = form.exec(text.trim());
  const zone = match?.[1] ?? 'Z';
  const local = text
    .trim()
    .replace(/\s?(?:Z|[+-]\d\d(?::?\d\d)?)$/i, (found) => (match?.[1] === undefined ? found : ''));
  const whole = local.length === 10 ? `${local}T00:00:00` : local.replace(' ', 'T');
  const offset =
    zone.toUpperCase() === 'Z' ? 'Z' : zone.replace(/^([+-]\d\d):?(\d\d)?$/, (_, h: string, m = '00') => `${h}:${m}`);
  const ms = match === null || !isDay(whole.slice(0, 10)) ? Number.NaN : Date.parse(`${whole}${offset}`);
  if (Number.isNaN(ms))
    throw new LakeError('LS4001', `${option} wants a time such as 2026-03-10T22:00:00Z or 2026-03-10, not ${text}.`);
  return ms;
}

/** Whether there is such a day; the parser of the language takes 30 February for one in March. */
function isDay(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** A version, or else a moment. */
export function pointOf(option: string, text: string): number | { readonly timestampMs: number } {
  return /^\d+$/.test(text) ? versionOf(option, text) : { timestampMs: momentOf(option, text) };
}
