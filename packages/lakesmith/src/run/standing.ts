import { ownTables } from '../lake/environment.ts';
import type { Lake } from '../lake/lake.ts';
import type { Release } from '../lake/release.ts';
import { namesIn } from '../lake/release.ts';
import type { Plan } from '../plan/plan.ts';
import type { Project } from '../project/model.ts';

/** How much of an overlay is its own. */
export interface Standing {
  readonly environment: string;
  readonly base: string;
  /** Tables that it made itself. */
  readonly own: readonly string[];
  /** How many it shows as the base has them. */
  readonly shared: number;
}

/** How an overlay stands with a release, after a plan when one is given; undefined: it is none. */
export function standingOf(
  { project, lake }: { readonly project: Project; readonly lake: Lake },
  release: Release | undefined,
  plan?: Plan,
): Standing | undefined {
  if (project.base === undefined || lake.base === undefined) return undefined;
  const idle = ['skip', 'held', 'blocked'];
  const planned = (plan?.steps ?? []).flatMap(({ action, table }) => (idle.includes(action) ? [] : [table]));
  const dropped = new Set(plan?.dropped);
  const shown = new Set(
    [...(release === undefined ? [] : namesIn(release)), ...planned].filter((table) => !dropped.has(table)),
  );
  const made = new Set([...ownTables(lake, release), ...planned]);
  const own = [...shown].filter((table) => made.has(table));
  return { environment: project.environment, base: project.base, own, shared: shown.size - own.length };
}
