import { durationMs } from '../core/duration.ts';
import { LakeError } from '../core/errors.ts';

/** '7d', '36 h', '0s' in milliseconds. */
export function parseDuration(option: string, text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new LakeError('LS4001', `${option} takes a time such as 7d or 36h, not ${text}.`);
  return ms;
}
