import { ensureEnvironment, listEnvironments } from '../lake/environment.ts';
import { overlayLake } from '../lake/lake.ts';
import { fingerprint } from '../project/fingerprint.ts';
import { dropEnvironment } from '../run/drop-environment.ts';
import type { Workbench } from './open.ts';
import { withWorkbench } from './open.ts';

/** A name that no two have that are at work at the same time: 'ci-1f0c93ab'. */
export function temporaryName({ project }: Workbench, prefix: string): string {
  const tables = [...project.tables.values()].map((table) => [table.name, table.fingerprint]);
  return `${prefix}-${fingerprint([tables, process.pid, crypto.randomUUID()]).slice(0, 8)}`;
}

/** Makes an environment over a base for one action; unless it is to be kept it goes, whatever happens. */
export async function withTemporaryEnvironment<T>(
  base: Workbench,
  { name, keep }: { readonly name: string; readonly keep: boolean },
  act: (bench: Workbench) => Promise<T>,
): Promise<T> {
  const { store } = base.lake;
  const names = { name, base: base.project.environment };
  try {
    await ensureEnvironment(overlayLake(base.lake, name), names, base.clock.now());
    return await withWorkbench({ project: base.project.folder, env: name }, act);
  } finally {
    const isThere = (await listEnvironments(store)).some((entry) => entry.name === name);
    if (isThere && !keep) await dropEnvironment(store, name);
  }
}
