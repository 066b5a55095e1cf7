import { selectTables } from '../plan/selection.ts';
import type { Project } from '../project/model.ts';

/** What the user named, as tables; undefined: everything. */
export function selection(project: Project, names: readonly string[]): ReadonlySet<string> | undefined {
  return names.length === 0 ? undefined : selectTables(project, names);
}
