import { count } from '../core/quantity.ts';
import { seconds } from './render.ts';

/** What a run says that has nothing to do. */
export function quietLine(release: number, tables: number, elapsedMs: number): string {
  if (tables === 0) return 'nothing to do · the project has no tables yet: put a source into bronze/';
  return `nothing to do · ${count(tables, 'table')} unchanged since release ${release} · ${seconds(elapsedMs)}`;
}

/** The same for a program. */
export function quietJson(release: number | null, skipped: readonly string[]): unknown {
  return { ok: true, run: null, release, changed: false, steps: [], skipped, overwritten: [] };
}
