import { sameType } from '../core/type-policy.ts';
import type { Column } from '../core/schema.ts';
import type { MadeBy } from '../lake/release.ts';
import { isMadeOf } from '../lake/release.ts';
import type { ModelTable } from '../project/model.ts';
import { isBucket } from '../project/project-file.ts';
import { columnChanges } from './column-diff.ts';
import type { TableState } from './observation.ts';
import type { PlanStep } from './plan.ts';
import { idle, isActive } from './source-step.ts';
import type { StepContext } from './step-context.ts';

/** Why a table is made anew, and whether that may wait for `--apply`. */
interface Cause {
  readonly reason: string;
  readonly rebuild: boolean;
}

/**
 * A model is made in full unless it is proven that nothing of it changed (skip), or that its one input only grew since
 * and each of its rows gives its output by itself (append). What is behind a held or blocked table waits for it.
 */
export function planModel(model: ModelTable, context: StepContext): PlanStep {
  const state = context.observation.tables.get(model.name);
  const step = idle(model.name, state?.version);
  const inputs = [...model.inputs, ...model.auditInputs];

  const stopped = inputs.find((input) => isStopped(context.steps.get(input)));
  if (stopped !== undefined) {
    return { ...step, action: 'blocked', reason: `waits for ${stopped}`, blockedBy: stopped };
  }
  const absent = inputs.find((input) => !isActive(context.steps.get(input)) && !context.observation.tables.has(input));
  if (absent !== undefined) return { ...step, reason: `${absent} has no data yet` };

  const after = inputs.filter((input) => isActive(context.steps.get(input)));
  const cause = causeOf(model, state, context);
  if (cause !== undefined) return fullStep(model, { step: { ...step, after }, state, cause, context });
  const changed = changedInputs(model, state?.madeBy, context);
  if (changed.length === 0) return step;
  const reason = `${changed.join(', ')} changed`;
  if (canAppend(model, state?.madeBy, context)) {
    return { ...step, action: 'incremental', strategy: 'append', detail: 'new rows are added', reason, after };
  }
  return fullStep(model, { step: { ...step, after }, state, cause: { reason, rebuild: false }, context });
}

function fullStep(
  model: ModelTable,
  parts: { step: PlanStep; state: TableState | undefined; cause: Cause; context: StepContext },
): PlanStep {
  const { step, state, cause, context } = parts;
  const detail = model.facts.shape === '' ? whyNotAppend(model, { state, cause }) : model.facts.shape;
  const estimate = state === undefined ? {} : { rows: state.rows, bytes: state.bytes };
  const free = context.full || context.apply || state === undefined;
  const { project, schemas } = context.bound;
  const wanted = schemas.get(model.name);
  const changes = state === undefined || wanted === undefined ? [] : columnChanges(model, wanted, state.columns);
  const columns = changes.length === 0 ? {} : { columns: changes };
  // Others may read a column of a shared lake that is about to go.
  const takesAway = isBucket(project.lake) && changes.some(({ kind }) => kind === 'dropped');
  const holds = cause.rebuild && ((model.onRebuild ?? project.onRebuild) === 'hold' || takesAway);
  if (holds && !free) return { ...step, action: 'held', detail, reason: cause.reason, ...columns, estimate, after: [] };
  if (model.refresh === 'strict' && !free) {
    const reason = `refresh: strict, and ${cause.reason}`;
    return { ...step, action: 'held', detail, reason, ...columns, estimate, after: [] };
  }
  return { ...step, action: 'full', strategy: 'full', detail, reason: cause.reason, ...columns, estimate };
}

/** Says why the rows were not simply added, where a reader of the plan would wonder. */
function whyNotAppend(model: ModelTable, { state, cause }: { state: TableState | undefined; cause: Cause }): string {
  if (state === undefined || cause.rebuild || !cause.reason.endsWith('changed')) return '';
  return model.facts.rowWise.proven ? '' : model.facts.rowWise.why;
}

/** What makes the whole table anew whatever its inputs did; the strongest cause first. */
function causeOf(model: ModelTable, state: TableState | undefined, context: StepContext): Cause | undefined {
  if (state === undefined) return { reason: 'new table', rebuild: false };
  const { madeBy } = state;
  if (state.foreign || madeBy === undefined) return { reason: 'changed by another writer', rebuild: false };
  if (madeBy.fingerprint !== model.fingerprint) return { reason: changedParts(model, madeBy), rebuild: true };
  if (!sameColumns(context.bound.schemas.get(model.name), state.columns))
    return { reason: 'columns changed', rebuild: true };
  if (context.full) return { reason: '--full', rebuild: false };
  if (madeBy.rulesFingerprint !== model.rulesFingerprint) return { reason: 'rules changed', rebuild: false };
  if (model.refresh === 'full') return { reason: 'refresh: full', rebuild: false };
  const clockMoved = model.facts.usesClock && madeBy.day !== context.observation.today;
  return clockMoved ? { reason: 'current_date moved on', rebuild: false } : undefined;
}

/** 'parameter country changed': what of the definition is not as it was; 'model changed' when that is not known. */
function changedParts(model: ModelTable, { parts }: MadeBy): string {
  if (parts === undefined) return 'model changed';
  const names = [...new Set([...Object.keys(parts), ...Object.keys(model.parts)])];
  const changed = names.filter((name) => parts[name] !== model.parts[name]);
  // Words that come or go with the text are not what changed.
  const told = parts['model'] === model.parts['model'] ? changed : ['model'];
  return told.length === 0 ? 'model changed' : `${told.join(', ')} changed`;
}

function changedInputs(model: ModelTable, madeBy: MadeBy | undefined, context: StepContext): readonly string[] {
  return model.inputs.filter(
    (input) => isActive(context.steps.get(input)) || !isMadeOf(madeBy, input, context.observation.tables.get(input)),
  );
}

function canAppend(model: ModelTable, madeBy: MadeBy | undefined, context: StepContext): boolean {
  const [input, ...others] = model.inputs;
  if (input === undefined || others.length > 0 || model.modelKind !== 'table' || !model.facts.rowWise.proven)
    return false;
  const step = context.steps.get(input);
  const before = context.observation.tables.get(input);
  const upToDate = before !== undefined && !before.foreign && isMadeOf(madeBy, input, before);
  return upToDate && (step?.strategy === 'files' || step?.strategy === 'append');
}

/** Columns whose name begins with _ may be bookkeeping that the table has and the SELECT has not. */
function sameColumns(bound: readonly Column[] | undefined, stored: readonly Column[]): boolean {
  if (bound === undefined) return true;
  const byName = new Map(stored.map((column) => [column.name, column.type]));
  const kept = bound.every((column) => {
    const type = byName.get(column.name);
    return type !== undefined && sameType(type, column.type);
  });
  const names = new Set(bound.map((column) => column.name));
  return kept && stored.every((column) => names.has(column.name) || column.name.startsWith('_'));
}

function isStopped(step: PlanStep | undefined): boolean {
  return step?.action === 'held' || step?.action === 'blocked';
}
