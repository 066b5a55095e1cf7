import type { Clock } from '../core/clock.ts';
import type { Column } from '../core/schema.ts';
import type { Diagnostic } from '../core/errors.ts';
import { LakeError } from '../core/errors.ts';
import type { Lake } from '../lake/lake.ts';
import type { PlanOptions as MakeOptions } from '../plan/make.ts';
import { makePlan } from '../plan/make.ts';
import type { Observation } from '../plan/observation.ts';
import { withJudged } from '../plan/judged.ts';
import type { Plan } from '../plan/plan.ts';
import { withInputs } from '../plan/selection.ts';
import { commandIn } from '../project/command-line.ts';
import { bindProject, bindTables } from '../project/bind.ts';
import { nameColumns } from '../project/column-names.ts';
import { retypedFindings } from '../project/declared-types.ts';
import type { SourceSight } from '../project/examine.ts';
import { arrangeFindings, findingsError } from '../project/findings.ts';
import type { NamedProject } from '../project/lineage.ts';
import type { BoundProject, Project } from '../project/model.ts';
import type { Untold } from '../project/untold-columns.ts';
import type { NamedMeaning } from '../sql/refresh/meaning.ts';
import type { ProofResult } from '../sql/refresh/proof.ts';
import { isStream } from '../project/stream.ts';
import { compilerOf } from './compiler.ts';
import { momentOf } from './context.ts';
import type { Sighting } from './observe.ts';
import { readProofs } from './proof.ts';
import { observe, sourceSchemas, toObservation } from './observe.ts';
import { meaningsOf } from './meanings.ts';
import { proveModels } from './prove-models.ts';

export interface PlanOptions {
  /** Only these tables; undefined: all. */
  readonly select?: ReadonlySet<string>;
  /** Not also what these are made from. */
  readonly exactly?: boolean;
  /** Recompute these whatever changed. */
  readonly full?: ReadonlySet<string>;
  /** Make the rows of a stretch of time anew, of these tables. */
  readonly stretch?: MakeOptions['stretch'];
  /** Rebuild what is held. */
  readonly apply?: boolean;
  /** Read files again that changed after they were loaded. */
  readonly reread?: boolean;
  /** Whether sources of released tables are looked at; absent: of those that are the lake's own. */
  readonly load?: boolean;
}

interface PrepareWorld {
  readonly project: Project;
  readonly lake: Lake;
  readonly clock: Clock;
}

export interface Prepared {
  readonly sighting: Sighting;
  readonly bound: BoundProject;
  readonly plan: Plan;
  /** Files that changed after they were loaded; they are told, not read. */
  readonly overwritten: readonly string[];
}

/** Everything up to the plan: looks, binds, plans. Writes nothing. Throws all errors of the project together. */
export async function prepare(request: PlanOptions & PrepareWorld): Promise<Prepared> {
  const sighting = await observe(request);
  const sight = { ...sightOf(sighting, request.project), streams: streamsIn(sighting, request) };
  const { bound, diagnostics: found } = await bindProject(request.project, compilerOf(request.lake.engine), sight);
  const [first, ...others] = arrangeFindings([...found, ...sight.diagnostics], request.project.texts);
  if (first !== undefined) throw findingsError([first, ...others]);
  const observation = toObservation(sighting, request);
  const options = {
    ...(request.select === undefined ? {} : { select: request.select }),
    ...(request.exactly === undefined ? {} : { exactly: request.exactly }),
    ...(request.full === undefined ? {} : { full: request.full }),
    ...(request.stretch === undefined ? {} : { stretch: request.stretch }),
    ...(request.apply === undefined ? {} : { apply: request.apply }),
  };
  const made = await provenPlan(bound, observation, { ...request, options });
  refuseUnstretched(made, request.project);
  const plan = withJudged(made, bound, { observation, proofs: await readProofs(request, sighting, made) });
  const overwritten = [...sighting.sources].flatMap(([name, { overwritten: changed, again }]) =>
    again.size > 0 && plan.steps.some((step) => step.table === name) ? [] : changed,
  );
  return { sighting, bound, plan, overwritten };
}

/** Refuses to make days of tables anew of which it is not proven that their other rows stay right. */
function refuseUnstretched({ steps }: Plan, project: Project): void {
  const refused = steps.flatMap(({ table, unstretched }) =>
    unstretched === undefined ? [] : [{ table, unstretched }],
  );
  if (refused.length === 0) return;
  const tables = refused.map(({ table }) => table);
  const why = refused.map(({ table, unstretched }) => `${table}: ${unstretched}`).join('. ');
  throw new LakeError(
    'LS4006',
    `Days of ${tables.join(', ')} cannot be made anew by themselves. ${why}. Nothing was written; ${commandIn(project, `run ${tables.join(' ')} --full`)} makes all of ${tables.length === 1 ? 'it' : 'them'} anew.`,
    { context: { tables } },
  );
}

/** A plan in which is proven of the models that will change, and only of these, what can be. */
async function provenPlan(
  bound: BoundProject,
  observation: Observation,
  { lake, project, clock, options }: PrepareWorld & { readonly options: MakeOptions },
): Promise<Plan> {
  const world = { bound, engine: lake.engine, moment: momentOf({ clock, project }) };
  const proofs = new Map<string, ProofResult>();
  const meanings = new Map<string, NamedMeaning | string>();
  // What is known of one table may be why another one has to be looked at.
  for (;;) {
    const plan = makePlan(bound, observation, { ...options, proofs, meanings });
    const unproven = plan.steps.flatMap(({ table, unproven: is }) =>
      is === true && !proofs.has(table) ? [table] : [],
    );
    if (unproven.length === 0) return plan;
    for (const [name, proof] of await proveModels(unproven, world)) proofs.set(name, proof);
    for (const [name, meaning] of await meaningsOf(unproven, world)) meanings.set(name, meaning);
  }
}

/** The columns of some tables, and of all that they are made from. Throws all that is wrong with them together. */
export async function prepareColumns(request: PrepareWorld, names: readonly string[]): Promise<BoundProject> {
  const { project, lake } = request;
  const sources = sightOf(await observe(request), project);
  const only = withInputs(project, names);
  const { bound, diagnostics } = await bindTables(project, compilerOf(lake.engine), { sources, only });
  const [first, ...others] = arrangeFindings([...diagnostics, ...sources.diagnostics], project.texts);
  if (first !== undefined) throw findingsError([first, ...others]);
  return bound;
}

/** The same of which only the names are known, which mostly stand in the SQL. Throws what is wrong with those that had to be bound. */
export async function prepareNames(request: PrepareWorld, names: readonly string[]): Promise<NamedProject> {
  const { project, lake } = request;
  const sources = sightOf(await observe(request), project);
  const { named, diagnostics } = await nameColumns(project, compilerOf(lake.engine), {
    sources,
    only: withInputs(project, names),
    withInputs: (some) => withInputs(project, some),
  });
  const [first, ...others] = arrangeFindings([...diagnostics, ...sources.diagnostics], project.texts);
  if (first !== undefined) throw findingsError([first, ...others]);
  return named;
}

/** What binding needs to know of the sources that were seen. */
export function sightOf(sighting: Sighting, project: Project): SourceSight {
  return {
    schemas: sourceSchemas(sighting),
    untold: untoldIn(sighting, project),
    diagnostics: retypedIn(sighting, project),
  };
}

/** The columns of streams that are to go on; those that are made anew get those of their SELECT. */
function streamsIn(
  { tables }: Sighting,
  { project, full }: Pick<PlanOptions & PrepareWorld, 'project' | 'full'>,
): ReadonlyMap<string, readonly Column[]> {
  return new Map(
    [...tables].flatMap(([name, { columns }]): [string, readonly Column[]][] =>
      isStream(project.tables.get(name)) && full?.has(name) !== true ? [[name, columns]] : [],
    ),
  );
}

function retypedIn({ sources }: Sighting, { tables }: Project): readonly Diagnostic[] {
  return [...sources].flatMap(([name, { merged }]) => {
    const table = tables.get(name);
    return table?.kind === 'source' ? retypedFindings(table, merged.retyped) : [];
  });
}

function untoldIn({ sources }: Sighting, { tables }: Project): Untold {
  return new Map(
    [...sources].map(([name, { merged }]) => [name, { file: tables.get(name)?.file ?? '', columns: merged.untold }]),
  );
}
