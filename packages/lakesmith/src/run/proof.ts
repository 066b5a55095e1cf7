import type { Lake } from '../lake/lake.ts';
import type { Proof } from '../plan/cost.ts';
import { proofName } from '../plan/judged.ts';
import type { Plan } from '../plan/plan.ts';
import type { Project } from '../project/model.ts';
import { readRun } from './journal.ts';
import type { Sighting } from './observe.ts';

/**
 * What is known of the rows that steps add to: what the run found that made that very commit, by the same rules (else nothing is
 * added), in the same time zone. Of commits of others, restored ones and those of a run that died nothing is known.
 */
export async function readProofs(
  { lake, project }: { readonly lake: Lake; readonly project: Project },
  { tables }: Sighting,
  plan: Plan,
): Promise<ReadonlyMap<string, Proof>> {
  const proofs = new Map<string, Proof>();
  for (const { table, strategy, readVersion } of plan.steps) {
    const state = tables.get(table);
    if (strategy !== 'append' || state?.madeBy === undefined || state.foreign || state.version !== readVersion)
      continue;
    const definition = project.tables.get(table);
    // What passed under other rules says nothing of these, whatever they are called.
    if (definition?.kind === 'model' && state.madeBy.rulesFingerprint !== definition.rulesFingerprint) continue;
    const record = await readRun(lake.state, state.madeBy.run);
    const made = record?.steps.find((step) => step.table === table && step.status === 'done');
    if (made?.judged === undefined || made.version !== state.version || made.judged.timezone !== project.timezone)
      continue;
    const snapshot = await lake.open(state.path, state.version);
    if (snapshot?.commitInfo?.txnId !== made.judged.commit) continue;
    const whole = made.quality.filter(({ broken }) => broken === 0).map(({ kind, name }) => passedName(kind, name));
    const broken = new Set(
      made.quality.filter((result) => result.broken > 0).map(({ kind, name }) => passedName(kind, name)),
    );
    proofs.set(table, {
      passed: new Set(whole.filter((name) => !broken.has(name))),
      versions: made.judged.versions,
    });
  }
  return proofs;
}

function passedName(kind: string, name: string): string {
  return proofName({ of: kind === 'key' || kind === 'rule' ? kind : 'check', name });
}
