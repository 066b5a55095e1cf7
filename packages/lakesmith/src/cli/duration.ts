import { LakeError } from '../core/errors.ts';

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** '7d', '36 h', '0s' in milliseconds. */
export function parseDuration(option: string, text: string): number {
  const [, count, unit = ''] = /^(\d{1,9})\s*([smhdw])$/.exec(text.trim()) ?? [];
  const ms = units[unit];
  if (count === undefined || ms === undefined)
    throw new LakeError('LS4001', `${option} takes a time such as 7d or 36h, not ${text}.`);
  return Number(count) * ms;
}
