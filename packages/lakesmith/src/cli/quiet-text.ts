import { count } from '../core/quantity.ts';
import type { Standing } from '../run/standing.ts';
import { seconds } from './render.ts';

/** '6 tables differ from prod, 12 are prod's own'. */
export function standingText({ base, own, shared }: Standing): string {
  if (own.length === 0) return `every table is ${base}'s own`;
  const differ = `${count(own.length, 'table')} differ${own.length === 1 ? 's' : ''} from ${base}`;
  return shared === 0 ? differ : `${differ}, ${shared} ${shared === 1 ? 'is' : 'are'} ${base}'s own`;
}

/** What a run says that has nothing to do. */
export function quietLine(release: number, tables: number, elapsedMs: number): string {
  if (tables === 0) return 'nothing to do · the project has no tables yet: put a source into bronze/';
  return `nothing to do · ${count(tables, 'table')} unchanged since release ${release} · ${seconds(elapsedMs)}`;
}

/** The same for a program. */
export function quietJson(release: number | null, skipped: readonly string[], standing: Standing | undefined): unknown {
  const over = standing === undefined ? {} : { standing };
  return { ok: true, run: null, release, changed: false, steps: [], skipped, overwritten: [], ...over };
}
