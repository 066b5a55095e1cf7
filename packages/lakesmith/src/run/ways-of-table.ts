import type { Clock } from '../core/clock.ts';
import type { Lake } from '../lake/lake.ts';
import { isActive } from '../plan/idle-step.ts';
import type { Observation } from '../plan/observation.ts';
import type { Plan } from '../plan/plan.ts';
import type { ConsideredWay } from '../plan/refresh/considered.ts';
import { considerWays } from '../plan/refresh/considered.ts';
import type { BoundProject, Project } from '../project/model.ts';
import { momentOf } from './context.ts';
import { proveModels } from './prove-models.ts';
import { pastSteps } from './recent-steps.ts';

/** The ways in which a table could be kept up to its inputs; undefined where it is not made of them by a SELECT alone. */
export async function waysOfTable(
  { lake, project, clock }: { readonly lake: Lake; readonly project: Project; readonly clock: Clock },
  about: {
    readonly table: string;
    readonly plan: Plan;
    readonly bound: BoundProject;
    readonly observation: Observation;
  },
): Promise<readonly ConsideredWay[] | undefined> {
  const { table, plan, bound, observation } = about;
  const model = bound.project.tables.get(table);
  const columns = bound.schemas.get(table);
  if (model?.kind !== 'model' || model.modelKind !== 'table' || columns === undefined) return undefined;
  if (model.rows !== undefined || model.history !== undefined || model.inputs.length === 0) return undefined;
  const proofs = await proveModels([table], { bound, engine: lake.engine, moment: momentOf({ clock, project }) });
  const proof = proofs.get(table);
  if (proof === undefined) return undefined;
  const active = model.inputs.filter((input) => isActive(plan.steps.find((step) => step.table === input)));
  return considerWays(proof, {
    model,
    columns,
    changed: active.length > 0 ? active : model.inputs,
    ties: observation.tables.get(table)?.madeBy?.ties,
    past: await pastSteps(lake.state, table),
  });
}
