import type { BoundProject, Check, ProjectTable, Rule } from '../project/model.ts';
import { isStream } from '../project/stream.ts';
import type { Observation } from './observation.ts';
import type { Cost, Judged, Proof } from './cost.ts';
import { isActive } from './idle-step.ts';
import type { Plan, PlanStep } from './plan.ts';

interface StepWorld {
  readonly step: PlanStep;
  /** All steps of the plan, by table. */
  readonly steps: ReadonlyMap<string, PlanStep>;
  readonly observation: Pick<Observation, 'tables'>;
  /** undefined: nothing is proven of the rows that are there. */
  readonly proof: Proof | undefined;
}

/** The plan, with what each of its steps judges and at what cost. */
export function withJudged(
  plan: Plan,
  { project }: Pick<BoundProject, 'project'>,
  { observation, proofs }: Pick<StepWorld, 'observation'> & { readonly proofs: ReadonlyMap<string, Proof> },
): Plan {
  const steps = new Map(plan.steps.map((step) => [step.table, step]));
  const judge = (step: PlanStep): PlanStep => {
    const table = project.tables.get(step.table);
    if (table === undefined || !(isActive(step) || step.action === 'view' || step.strategy === 'judged')) return step;
    const judged = judgedBy(table, { step, steps, observation, proof: proofs.get(step.table) });
    return judged.length === 0 ? step : { ...step, judged };
  };
  return { ...plan, steps: plan.steps.map(judge) };
}

/** How a proof calls what it is about. */
export function proofName({ of, name }: Pick<Judged, 'of' | 'name'>): string {
  return of === 'key' ? of : `${of} ${name}`;
}

/** What judges a table, and what of it has to be read for that in this step. */
export function judgedBy(table: ProjectTable, world: StepWorld): readonly Judged[] {
  const whole: Judged[] = [
    // Bronze keeps what came, the same key as often as it came.
    ...(table.kind === 'source' || table.key.length === 0 ? [] : [keyOf(table)]),
    ...table.rules.map(({ name, severity }): Judged => ({ of: 'rule', name, severity, cost: costOfRule(severity) })),
    ...table.checks.map((check): Judged => ({
      of: 'check',
      name: check.name,
      severity: check.severity,
      cost: costOfCheck(check, table),
    })),
  ];
  const adds = table.kind === 'source' ? world.step.strategy === 'files' : world.step.strategy === 'append';
  if (!adds) return whole;
  return whole.map((judged) => {
    // What a source or a stream brings is judged by itself; rows that are there were taken, whatever is thought of them since.
    const isProven = takesNew(table) || world.proof?.passed.has(proofName(judged)) === true;
    const cost = isProven ? costOfMore(judged, table, world) : undefined;
    return cost === undefined ? judged : { ...judged, cost };
  });
}

/** Whether what a step adds to it is judged by itself, and what is there stays whatever is thought of it. */
export function takesNew(table: ProjectTable): boolean {
  return table.kind === 'source' || isStream(table);
}

function keyOf({ key }: ProjectTable): Judged {
  return { of: 'key', name: `key ${key.join(', ')}`, severity: 'fail', cost: 'whole table' };
}

function costOfRule(severity: Rule['severity']): Cost {
  return severity === 'drop' || severity === 'quarantine' ? 'same pass' : 'each row';
}

function costOfCheck(check: Check, table: ProjectTable): Cost {
  const { kind } = check;
  const isView = table.kind === 'model' && table.modelKind === 'view';
  if (kind === 'row_count' && !isView) return 'statistics';
  if (kind === 'not_null' || (kind === 'sql' && check.each !== undefined)) return 'each row';
  if (kind === 'references' || (kind === 'sql' && table.auditInputs.length > 0)) return 'other tables';
  return 'whole table';
}

/** The same where rows only come to others that are right; undefined: no less than for the whole table. */
function costOfMore({ of, name, cost }: Judged, table: ProjectTable, world: StepWorld): Cost | undefined {
  if (of === 'key') return 'changed keys';
  if (of === 'rule') {
    const byRow = table.rules.find((rule) => rule.name === name)?.byRow === true;
    return byRow && cost === 'each row' ? 'new rows' : undefined;
  }
  const check = table.checks.find((one) => one.name === name);
  switch (check?.kind) {
    case 'unique':
      return 'changed keys';
    case 'not_null':
      return 'new rows';
    case 'sql':
      return check.each === undefined ? undefined : 'new rows';
    case 'references':
      return keepsAll(check.table, table, world) ? 'new rows' : undefined;
    default:
      return undefined;
  }
}

/** Whether a table has all the rows still by which references to it were judged. */
function keepsAll(name: string, table: ProjectTable, { steps, observation, proof }: StepWorld): boolean {
  if (table.kind === 'source' || name === table.name) return true;
  const [now, then] = [observation.tables.get(name), proof?.versions[name]];
  if (now === undefined || then === undefined) return false;
  const strategy = steps.get(name)?.strategy ?? '';
  const grows = strategy === '' || strategy === 'files' || strategy === 'append' || strategy === 'properties';
  return grows && now.version === then.version && now.path === then.path;
}
