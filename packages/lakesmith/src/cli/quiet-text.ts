import { count, seconds } from './render.ts';

/** What a run says that has nothing to do. */
export function quietLine(release: number, tables: number, elapsedMs: number): string {
  return `nothing to do · ${count(tables, 'table')} unchanged since release ${release} · ${seconds(elapsedMs)}`;
}

/** The same for a program. */
export function quietJson(release: number | null, skipped: readonly string[]): unknown {
  return { ok: true, run: null, release, changed: false, steps: [], skipped, overwritten: [] };
}
