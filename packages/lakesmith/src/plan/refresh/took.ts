import type { TookWays } from '../../lake/release.ts';

// What a step really took corrects what the next one is expected to take. Times of a machine that was busy with something else are
// longer, and never shorter: so a lower one counts at once, a higher one in part.

/** A way that makes parts of a table. */
export type PartWay = 'fold' | 'keyed';

/** What all of it should take; undefined: nobody knows. */
export function expectedFullMs({ full }: TookWays, inputRows: number): number | undefined {
  return full === undefined ? undefined : (full.ms * Math.max(1, inputRows)) / Math.max(1, full.inputRows);
}

/** How often as much as it was expected to a way takes. */
export function slowerBy(took: TookWays, way: PartWay): number {
  return took[way] ?? 1;
}

/** After all of it was made anew. What was learned of ways that were not taken is forgotten bit by bit, so that they are tried again. */
export function tookAfterFull(took: TookWays, { ms, inputRows }: NonNullable<TookWays['full']>): TookWays {
  const before = expectedFullMs(took, inputRows) ?? ms;
  const { fold, keyed } = took;
  return {
    full: { ms: rounded(Math.min(ms, (before + ms) / 2)), inputRows },
    ...(fold === undefined ? {} : { fold: forgotten(fold) }),
    ...(keyed === undefined ? {} : { keyed: forgotten(keyed) }),
  };
}

/** After parts of it were made. `expectedMs`: uncorrected. */
export function tookAfterPart(
  took: TookWays,
  way: PartWay,
  { ms, expectedMs }: { readonly ms: number; readonly expectedMs: number },
): TookWays {
  const before = slowerBy(took, way);
  const now = Math.min(mostSlower, Math.max(1 / mostSlower, ms / Math.max(1, expectedMs)));
  return { ...took, [way]: rounded(now < before ? now : (before ** 3 * now) ** 0.25) };
}

const mostSlower = 10;

function forgotten(slower: number): number {
  return slower > 1 ? rounded(Math.max(1, 0.9 * slower)) : slower;
}

/** Three digits: it is not known better. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
