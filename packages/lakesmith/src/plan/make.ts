import { readsOf } from '../project/graph.ts';
import type { BoundProject, ProjectTable } from '../project/model.ts';
import { planStream } from './kinds/stream.ts';
import { planModel } from './model-step.ts';
import type { Observation } from './observation.ts';
import type { Plan, PlanStep } from './plan.ts';
import type { Stretch } from './refresh/stretch.ts';
import { planReference, planSource } from './source-step.ts';
import type { StepContext } from './step-context.ts';
import { planStorage } from './storage-step.ts';
import { planView } from './view-step.ts';

export interface PlanOptions {
  /** Tables that are wanted; what they are made from is planned too. Undefined: all. */
  readonly select?: ReadonlySet<string>;
  /** Only what is wanted: not also what that is made from. */
  readonly exactly?: boolean;
  /** Recompute these whatever changed. */
  readonly full?: ReadonlySet<string>;
  /** Make the rows of a stretch of time anew, of these tables. */
  readonly stretch?: Stretch & { readonly tables: ReadonlySet<string> };
  /** Rebuild what is held. */
  readonly apply?: boolean;
  /** What is proven of models, and what they mean; of others, a step says that it is unproven where that matters. */
  readonly proofs?: StepContext['proofs'];
  readonly meanings?: StepContext['meanings'];
}

/** Decides for every table what a run would do, inputs first. The same project and observation give the same plan. */
export function makePlan(bound: BoundProject, observation: Observation, options: PlanOptions = {}): Plan {
  const { project } = bound;
  const { select } = options;
  const wanted = select === undefined || options.exactly === true ? select : withInputs(project.tables, select);
  const steps = new Map<string, PlanStep>();
  for (const table of project.tables.values()) {
    if (wanted !== undefined && !wanted.has(table.name)) continue;
    const full = options.full?.has(table.name) === true;
    const { proofs = new Map(), meanings = new Map() } = options;
    const stretch = options.stretch?.tables.has(table.name) === true ? options.stretch : undefined;
    const apply = options.apply === true;
    const context: StepContext = { bound, observation, steps, proofs, meanings, full, apply, stretch };
    steps.set(table.name, planStorage(table, planTable(table, context), context));
  }
  const dropped = [...observation.released].filter((name) => !project.tables.has(name) && !project.unread.has(name));
  return {
    steps: [...steps.values()],
    release: observation.release,
    dropped,
    droppedViews: new Set(dropped.filter((name) => observation.views.has(name))),
    skippedPublications: skippedPublications(bound),
  };
}

function planTable(table: ProjectTable, context: StepContext): PlanStep {
  switch (table.kind) {
    case 'source':
      return planSource(table, context);
    case 'reference':
      return planReference(table, context);
    default:
      if (table.modelKind === 'view') return planView(table, context);
      return table.stream === undefined ? planModel(table, context) : planStream(table, table.stream, context);
  }
}

function withInputs(tables: ReadonlyMap<string, ProjectTable>, select: ReadonlySet<string>): ReadonlySet<string> {
  const wanted = new Set<string>();
  const add = (name: string): void => {
    const table = tables.get(name);
    if (table === undefined || wanted.has(name)) return;
    wanted.add(name);
    readsOf(table).forEach(add);
  };
  select.forEach(add);
  return wanted;
}

function skippedPublications({ project }: BoundProject): Plan['skippedPublications'] {
  return project.extras.publications.map(({ name, connection }) => {
    const off = project.connections.get(connection)?.url === 'none';
    const reason = off ? `connection ${connection} is none` : `this version does not publish`;
    return { name, reason };
  });
}
