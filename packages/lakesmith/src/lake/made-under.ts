import type { MadeBy } from './release.ts';

/** What else than its SELECT and its inputs a table's rows follow from, as its commit tells it: the engine and the time zone. */
export function madeUnder(engine: { readonly version: string }, timezone: string): string {
  return `${engine.version} ${timezone}`;
}

/** Whether a day or an hour of its rows may be another now; false where it is not known when they were made. */
export function isOfOtherZone({ under }: MadeBy, now: string): boolean {
  return under !== undefined && zoneOf(under) !== zoneOf(now);
}

function zoneOf(under: string): string {
  return under.slice(under.lastIndexOf(' ') + 1);
}
