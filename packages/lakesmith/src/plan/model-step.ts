import { isDeepStrictEqual } from 'node:util';
import { sameType } from '../core/type-policy.ts';
import type { Column } from '../core/schema.ts';
import { isOfOtherZone } from '../lake/made-under.ts';
import type { MadeBy } from '../lake/release.ts';
import { sameColumns } from '../core/storage-settings.ts';
import { isMadeOf, placeOf } from '../lake/release.ts';
import type { ModelTable } from '../project/model.ts';
import { isBucket } from '../project/project-file.ts';
import type { TextChange } from './changed-text.ts';
import { changeOfText, columnsText, isKeptInput } from './changed-text.ts';
import { columnChanges } from './column-diff.ts';
import type { TableState } from './observation.ts';
import type { PlanStep } from './plan.ts';
import { idle, isActive } from './idle-step.ts';
import { readyStep, releasedState } from './ready-step.ts';
import { chooseRefresh, fewRows } from './refresh/choice.ts';
import { chooseStretch } from './refresh/choose-stretch.ts';
import type { StepContext } from './step-context.ts';
import { storageThen } from './storage-step.ts';
import { isOwnColumn } from '../project/own-columns.ts';

/** Why a model is made anew, and whether that may wait for `--apply`. */
export interface Cause {
  readonly reason: string;
  readonly rebuild: boolean;
  /** Where its definition changed: what that does to its rows, as far as it is known. */
  readonly change?: TextChange | 'unproven';
}

/**
 * A model is made in full unless it is proven that nothing of it changed (skip), or that its one input only grew since
 * and each of its rows gives its output by itself (append). What is behind a held or blocked table waits for it.
 */
export function planModel(model: ModelTable, context: StepContext): PlanStep {
  const state = releasedState(model, context);
  const ready = readyStep(model, idle(model.name, context.observation.tables.get(model.name)?.version), context);
  if (ready.stopped !== undefined) return ready.stopped;
  const { step, after } = ready;
  const cause = causeOf(model, state, context);
  if (cause !== undefined) return fullStep(model, { step: { ...step, after }, state, cause, context });
  const changed = changedInputs(model, state?.madeBy, context);
  const { stretch } = context;
  const isRuled = state?.madeBy?.rulesFingerprint === model.rulesFingerprint;
  const isSaid = state?.madeBy?.fingerprint === model.fingerprint;
  const kept = keptInputs(model, { state, changed, context });
  if (kept === 'unproven') return unprovenStep({ ...step, after }, `${changed.join(', ')} changed`);
  if (kept && stretch === undefined) {
    if (isRuled && isSaid && changed.length === 0) return step;
    const reason = changed.length > 0 ? `${changed.join(', ')} has other columns` : undefined;
    return { ...step, ...sameRows(model, state?.madeBy, reason), after };
  }
  const others = [...(isRuled ? [] : [' and its rules']), ...(isSaid ? [] : [' and its text'])].join('');
  const changes = changed.length === 0 ? [] : [`${changed.join(', ')}${others} changed`];
  const reason = [...changes, ...(stretch === undefined ? [] : ['asked for'])].join('; ');
  if (stretch === undefined && canAppend(model, state?.madeBy, context)) {
    return { ...step, action: 'incremental', strategy: 'append', detail: 'new rows are added', reason, after };
  }
  const refresh = refreshOf(model, { state, changed, context });
  // Whatever is made of it is to be proven as well, so nothing is held yet.
  if (refresh === 'unproven') return unprovenStep({ ...step, after }, reason);
  const made = fullStep(model, { step: { ...step, after }, state, cause: { reason, rebuild: false }, context });
  if (refresh === undefined) return made;
  if (!refresh.ok && 'unstretched' in refresh) return { ...made, unstretched: refresh.why };
  if (!refresh.ok) return made.action === 'full' ? { ...made, detail: refresh.why } : made;
  const { choice, detail: by } = refresh;
  const detail = model.facts.shape === '' || choice.stretch !== undefined ? by : model.facts.shape;
  return { ...step, action: 'incremental', strategy: 'keyed', detail, reason, refresh: choice, after };
}

function unprovenStep(step: PlanStep, reason: string): PlanStep {
  return { ...step, action: 'full', strategy: 'full', reason, unproven: true };
}

/** The same rows of another text, of inputs with other columns, or under other rules, none of which take rows out or did. */
function sameRows(
  model: ModelTable,
  madeBy: MadeBy | undefined,
  ofInputs: string | undefined,
): Pick<PlanStep, 'action' | 'strategy' | 'detail' | 'reason'> {
  const isText = madeBy !== undefined && madeBy.fingerprint !== model.fingerprint;
  const text = isText ? [changedParts(model, madeBy)] : [];
  const told = [...(ofInputs === undefined ? [] : [ofInputs]), ...text];
  if (madeBy?.rulesFingerprint !== model.rulesFingerprint) {
    const reason = [...told, 'rules changed'].join('; ');
    return { action: 'alter', strategy: 'judged', detail: 'judged again, its rows stay', reason };
  }
  const detail = isText ? 'its text changed, its rows stay' : 'nothing of what it reads changed';
  return { action: 'alter', strategy: 'same', detail, reason: told.join('; ') };
}

/** Whether all inputs that changed have the rows that they had but for columns that it does not read; true: none changed. */
function keptInputs(
  model: ModelTable,
  { state, changed, context }: { state: TableState | undefined; changed: readonly string[]; context: StepContext },
): boolean | 'unproven' {
  if (changed.length === 0) return true;
  if (!changed.every((input) => isKeptInput(input, state?.madeBy, context))) return false;
  const change = state === undefined ? undefined : changeOfText(model, state, context);
  return change === 'unproven' ? change : change?.kind === 'same';
}

/** The ways to keep it up by parts; undefined where nothing is to be proven, since it is made otherwise. */
function refreshOf(
  model: ModelTable,
  {
    state,
    changed,
    context,
  }: { readonly state: TableState | undefined; readonly changed: readonly string[]; readonly context: StepContext },
): ReturnType<typeof chooseRefresh> | ReturnType<typeof chooseStretch> | 'unproven' | undefined {
  const columns = context.bound.schemas.get(model.name);
  const isPlain = model.modelKind === 'table' && model.rows === undefined && model.history === undefined;
  if (!isPlain || columns === undefined || state?.columns.length !== columns.length) return undefined;
  // A table that is to lie otherwise, or to have other properties, is written anew.
  if (!isDeepStrictEqual(storageThen(state.madeBy), model.storage)) return undefined;
  const foreign = changed.find((input) => context.observation.tables.get(input)?.foreign === true);
  if (foreign !== undefined) return { ok: false, why: `${foreign} was changed by another writer` };
  if (!changed.every((input) => isFollowed(input, state.madeBy, context))) return undefined;
  const { stretch } = context;
  if (stretch === undefined && model.refresh === 'auto' && rowsToRead(model, context) < fewRows)
    return { ok: false, why: model.facts.shape === '' ? 'few rows: all at once is cheaper' : model.facts.shape };
  // Of the same rows another program may make something else.
  if (state.madeBy?.under !== context.observation.under)
    return { ok: false, why: 'the engine is another than then: all is made anew, once' };
  const proof = context.proofs.get(model.name);
  if (proof === undefined) return 'unproven';
  const about = { model, columns, changed, ties: state.madeBy?.ties };
  return stretch === undefined ? chooseRefresh(proof, about) : chooseStretch(stretch, proof, about);
}

function rowsToRead({ inputs }: ModelTable, { observation }: StepContext): number {
  return inputs.reduce((sum, input) => sum + (observation.tables.get(input)?.rows ?? 0), 0);
}

/** Whether it can be told what happened to the rows of an input since the table was made. */
function isFollowed(input: string, madeBy: MadeBy | undefined, { observation, bound, steps }: StepContext): boolean {
  const before = observation.tables.get(input);
  const made = madeBy?.inputs[input];
  if (before === undefined || made === undefined || made > before.version) return false;
  if (before.foreign || placeOf(madeBy, input) !== before.path) return false;
  const wanted = bound.schemas.get(input);
  return steps.get(input)?.reason !== 'new table' && wanted !== undefined && fitsColumns(wanted, before.columns);
}

function fullStep(
  model: ModelTable,
  parts: { step: PlanStep; state: TableState | undefined; cause: Cause; context: StepContext },
): PlanStep {
  const { step, state, cause, context } = parts;
  const shape = model.facts.shape === '' ? whyNotAppend(model, { state, cause }) : model.facts.shape;
  const { change } = cause;
  const isColumns = change !== undefined && change !== 'unproven' && change.kind === 'columns';
  const columns = changedColumns(model, state, context);
  const detail = isColumns ? columnsText(columns.columns ?? []) : shape;
  const unkept = unkeptBy(change);
  const estimate = state === undefined ? {} : { rows: state.rows, bytes: state.bytes };
  const free = context.full || context.apply || state === undefined;
  // Others may read a column of a shared lake that is about to go.
  const takesAway = columns.columns?.some(({ kind }) => kind === 'dropped') === true;
  // What a stream made may be gone from its input.
  const wasStream = state?.madeBy?.stream !== undefined;
  if (cause.rebuild && (wasStream || waitsForApply(model, context, takesAway)) && !free)
    return { ...step, action: 'held', detail, reason: cause.reason, ...unkept, ...columns, estimate, after: [] };
  if (model.refresh === 'strict' && !free) {
    const reason = `refresh: strict, and ${cause.reason}`;
    return { ...step, action: 'held', detail, reason, ...unkept, ...columns, estimate, after: [] };
  }
  const made = {
    ...step,
    action: 'full',
    strategy: 'full',
    detail,
    reason: cause.reason,
    ...columns,
    estimate,
  } as const;
  return isColumns && keepsRows(model, state, context) ? { ...made, keeps: true } : { ...made, ...unkept };
}

function unkeptBy(change: Cause['change']): Pick<PlanStep, 'unkept' | 'unproven'> {
  if (change === 'unproven') return { unproven: true };
  return change?.kind === 'other' ? { unkept: change.why } : {};
}

/** Whether a table that gets other columns has, apart from them, the rows that it has: nothing of what it was made of changed. */
function keepsRows(model: ModelTable, state: TableState | undefined, context: StepContext): boolean {
  if (context.full || context.stretch !== undefined) return false;
  const before = new Set(Object.keys(state?.madeBy?.inputs ?? {}));
  const changed = changedInputs(model, state?.madeBy, context).filter((input) => before.has(input));
  return changed.every((input) => isKeptInput(input, state?.madeBy, context));
}

/** How the columns of a model change; nothing when they do not. */
export function changedColumns(
  model: ModelTable,
  state: Pick<TableState, 'columns'> | undefined,
  { bound }: StepContext,
): Pick<PlanStep, 'columns'> {
  const wanted = bound.schemas.get(model.name);
  const changes = state === undefined || wanted === undefined ? [] : columnChanges(model, wanted, state.columns);
  return changes.length === 0 ? {} : { columns: changes };
}

/** Whether a change of a definition is not done unasked. */
export function waitsForApply(model: ModelTable, { bound }: StepContext, takesAway: boolean): boolean {
  const { project } = bound;
  return (model.onRebuild ?? project.onRebuild) === 'hold' || (isBucket(project.lake) && takesAway);
}

/** Says why the rows were not simply added, where a reader of the plan would wonder. */
function whyNotAppend(model: ModelTable, { state, cause }: { state: TableState | undefined; cause: Cause }): string {
  if (state === undefined || cause.rebuild || !cause.reason.endsWith('changed')) return '';
  return model.facts.rowWise.proven ? '' : model.facts.rowWise.why;
}

/** What makes the whole table anew whatever its inputs did; the strongest cause first. */
export function causeOf(
  model: ModelTable,
  state: Pick<TableState, 'foreign' | 'madeBy' | 'columns' | 'shared'> | undefined,
  context: StepContext,
): Cause | undefined {
  if (state === undefined) return { reason: newText(model, context), rebuild: false };
  const { madeBy } = state;
  if (state.foreign || madeBy === undefined) return { reason: 'changed by another writer', rebuild: false };
  const isText = madeBy.fingerprint !== model.fingerprint;
  const isOther = isText || !fitsColumns(context.bound.schemas.get(model.name), state.columns);
  const change = isOther ? changeOfText(model, state, context) : undefined;
  const reason = isText ? changedParts(model, madeBy) : 'columns changed';
  if (change === 'unproven' || change?.kind === 'other') return { reason, rebuild: true, change };
  if (isOfOtherZone(madeBy, context.observation.under)) return { reason: 'timezone changed', rebuild: true };
  if (model.modelKind !== 'view' && !sameColumns(storageThen(madeBy).partitionBy, model.storage.partitionBy))
    return { reason: 'partition_by changed', rebuild: true };
  if (change?.kind === 'columns') return { reason, rebuild: change.loses, change };
  if (context.full) return { reason: '--full', rebuild: false };
  // Others only judge the rows that there are; but an environment writes nothing to a table of its base.
  const hasOtherRows = madeBy.removingFingerprint !== model.removingFingerprint || state.shared === true;
  if (madeBy.rulesFingerprint !== model.rulesFingerprint && (hasOtherRows || model.modelKind === 'view'))
    return { reason: 'rules changed', rebuild: false };
  if (model.refresh === 'full') return { reason: 'refresh: full', rebuild: false };
  const clockMoved = model.facts.usesClock && madeBy.day !== context.observation.today;
  return clockMoved ? { reason: 'current_date moved on', rebuild: false } : undefined;
}

function newText({ name, modelKind }: ModelTable, { observation }: StepContext): string {
  if (modelKind === 'view') return 'new view';
  return observation.views.has(name) ? 'was a view' : 'new table';
}

/** 'parameter country changed': what of the definition is not as it was; 'model changed' when that is not known. */
export function changedParts(model: ModelTable, { parts }: MadeBy): string {
  if (parts === undefined) return 'model changed';
  const names = [...new Set([...Object.keys(parts), ...Object.keys(model.parts)])];
  const changed = names.filter((name) => parts[name] !== model.parts[name]);
  // Words that come or go with the text are not what changed.
  const told = parts['model'] === model.parts['model'] ? changed : ['model'];
  return told.length === 0 ? 'model changed' : `${told.join(', ')} changed`;
}

/** Tables whose rows are others than those that it was made of. */
export function changedInputs(model: ModelTable, madeBy: MadeBy | undefined, context: StepContext): readonly string[] {
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
  // Rows that are to lie otherwise are all written anew.
  if (!sameColumns(storageThen(madeBy).clusterBy, model.storage.clusterBy)) return false;
  const upToDate = before !== undefined && !before.foreign && isMadeOf(madeBy, input, before, 'files');
  return upToDate && (step?.strategy === 'files' || step?.strategy === 'append');
}

/** Columns of the program's own may be in the table and not in the SELECT. */
function fitsColumns(bound: readonly Column[] | undefined, stored: readonly Column[]): boolean {
  if (bound === undefined) return true;
  const byName = new Map(stored.map((column) => [column.name, column.type]));
  const kept = bound.every((column) => {
    const type = byName.get(column.name);
    return type !== undefined && sameType(type, column.type);
  });
  const names = new Set(bound.map((column) => column.name));
  return kept && stored.every((column) => names.has(column.name) || isOwnColumn(column.name));
}
