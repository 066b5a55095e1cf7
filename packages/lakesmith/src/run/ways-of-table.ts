import type { Clock } from '../core/clock.ts';
import type { Lake } from '../lake/lake.ts';
import { isActive } from '../plan/idle-step.ts';
import type { Observation } from '../plan/observation.ts';
import type { Plan } from '../plan/plan.ts';
import type { ConsideredWay } from '../plan/refresh/considered.ts';
import { considerWays } from '../plan/refresh/considered.ts';
import type { RefusedText } from '../plan/refresh/refused.ts';
import { considerRefused } from '../plan/refresh/refused.ts';
import type { BoundProject, Project } from '../project/model.ts';
import { momentOf } from './context.ts';
import { removingRules } from './model-sql.ts';
import { proveModels, proveRefused } from './prove-models.ts';
import { pastSteps } from './recent-steps.ts';

/** The ways in which a table could be kept up to its inputs, and what its rules take out; undefined where it is not made of them by a SELECT alone. */
export async function waysOfTable(
  { lake, project, clock }: { readonly lake: Lake; readonly project: Project; readonly clock: Clock },
  about: {
    readonly table: string;
    readonly plan: Plan;
    readonly bound: BoundProject;
    readonly observation: Observation;
  },
): Promise<{ readonly ways: readonly ConsideredWay[]; readonly refused?: RefusedText } | undefined> {
  const { table, plan, bound, observation } = about;
  const model = bound.project.tables.get(table);
  const columns = bound.schemas.get(table);
  if (model?.kind !== 'model' || model.modelKind !== 'table' || columns === undefined) return undefined;
  if (model.rows !== undefined || model.history !== undefined || model.inputs.length === 0) return undefined;
  const world = { bound, engine: lake.engine, moment: momentOf({ clock, project }) };
  const proofs = await proveModels([table], world);
  const proof = proofs.get(table);
  if (proof === undefined) return undefined;
  const active = model.inputs.filter((input) => isActive(plan.steps.find((step) => step.table === input)));
  const changed = active.length > 0 ? active : model.inputs;
  const ties = observation.tables.get(table)?.madeBy?.ties;
  const ways = considerWays(proof, { model, columns, changed, ties, past: await pastSteps(lake.state, table) });
  // What is made in full anyway tells of all rows what is taken out.
  if (removingRules(model).length === 0 || ways.every(({ open, way }) => !open || way === 'in full')) return { ways };
  const { timezone } = project;
  return { ways, refused: considerRefused(await proveRefused(model, world), changed, { model, columns, timezone }) };
}
