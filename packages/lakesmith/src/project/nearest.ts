import { nearestName as nearestByLetters } from '../core/nearest-name.ts';

/**
 * The name of `names` that a person most likely meant by `written`, or undefined when none is near: a few letters wrong,
 * or, from three letters on, the beginning of one or with a beginning too many ('month' for 'sold_month').
 */
export function nearestName(written: string, names: Iterable<string>): string | undefined {
  if (written === '') return undefined;
  const all = [...names];
  const wanted = written.toLowerCase();
  const short = wanted.length < 3;
  return (
    nearestByLetters(written, short ? all.filter((name) => name.toLowerCase().startsWith(wanted[0] ?? '')) : all) ??
    (short ? undefined : all.find((name) => contains(name.toLowerCase(), wanted)))
  );
}

function contains(name: string, wanted: string): boolean {
  return name.startsWith(wanted) || name.endsWith(`_${wanted}`) || (name.length >= 3 && wanted.startsWith(name));
}
