import { LakeError } from '../core/errors.ts';

/** `k=v` options as an object. */
export function parsePairs(option: string, pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at <= 0) throw new LakeError('LS4001', `${option} takes name=value, not ${pair}.`);
      return [pair.slice(0, at).trim(), pair.slice(at + 1)];
    }),
  );
}
