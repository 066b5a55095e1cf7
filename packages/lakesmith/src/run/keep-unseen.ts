import type { KeptRun } from '../lake/kept-run.ts';
import { putKept } from '../lake/kept-run.ts';
import type { StagedTable } from '../lake/staged.ts';
import type { RunContext } from './context.ts';
import type { Drafts } from './drafts.ts';
import type { Execution } from './step-results.ts';
import { stageQuarantine } from './stage-quarantine.ts';
import type { Shown } from './shown-tables.ts';

/** What a run made, and nobody is to see. */
export interface Unseen extends Drafts {
  readonly altered: readonly StagedTable[];
}

/** All that a run made of silver and gold, when nothing of it is committed; what was refused comes first. */
export function allDrafts({ staged, broken, views, altered, refused }: Execution): Unseen {
  return {
    staged: [...refused.staged, ...staged],
    broken: [...refused.broken, ...broken],
    views: new Map([...refused.views, ...views]),
    altered,
  };
}

/** Writes down what a run that failed made and did not commit, so that it can be asked about. Says of which tables. */
export async function keepUnseen(
  context: RunContext,
  { shown, unseen, cause }: { readonly shown: Shown; readonly unseen: Unseen; readonly cause: 'run' | 'replay' },
): Promise<readonly string[]> {
  const made = [...unseen.staged, ...unseen.altered];
  const names = [...made.map(({ table }) => table), ...unseen.views.keys()];
  if (names.length === 0) return [];
  const quarantine = await stageQuarantine(context, unseen, cause);
  const tables = Object.entries(shown.tables).flatMap(([name, { path, version, changes }]) =>
    names.includes(name) ? [] : [[name, { path, version, ...(changes === undefined ? {} : { changes }) }] as const],
  );
  const kept: KeptRun = {
    run: context.run,
    // What `vacuum` counts by: the time of the machine, as that of its files.
    keptMs: Date.now(),
    tables: Object.fromEntries(tables),
    views: { ...shown.views, ...Object.fromEntries(unseen.views) },
    staged: [...made, ...(quarantine === undefined ? [] : [quarantine])].map(({ table, path, staged }) => {
      return { table, path, staged };
    }),
  };
  await putKept(context.lake.state, kept);
  return names;
}
