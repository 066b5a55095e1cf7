import { sameType } from '../core/type-policy.ts';
import { count } from '../core/quantity.ts';
import { isMadeOf } from '../lake/release.ts';
import type { ModelTable } from '../project/model.ts';
import type { NamedMeaning } from '../sql/refresh/meaning.ts';
import { isActive } from './idle-step.ts';
import type { ColumnChange } from './column-diff.ts';
import type { TableState } from './observation.ts';
import type { StepContext } from './step-context.ts';

/** What a changed definition does to the rows that there are. */
export type TextChange =
  /** Nothing. */
  | { readonly kind: 'same' }
  /** There are the same rows, with more columns or fewer. */
  | { readonly kind: 'columns'; readonly loses: boolean }
  | { readonly kind: 'other'; readonly why: string };

/** Compares what a model meant when its table was made with what it means now. */
export function compareMeanings(before: NamedMeaning, now: NamedMeaning): TextChange {
  if (before.rows !== now.rows) return { kind: 'other', why: 'its rows are chosen, joined or grouped otherwise' };
  const then = new Map(Object.entries(before.columns));
  const columns = Object.entries(now.columns);
  const other = columns.find(([name, meaning]) => then.has(name) && then.get(name) !== meaning);
  if (other !== undefined) return { kind: 'other', why: `${other[0]} is computed otherwise` };
  const names = new Set(columns.map(([name]) => name));
  const kept = [...then.keys()].filter((name) => names.has(name));
  const stays = [...names].filter((name) => then.has(name));
  if (kept.join('\n') !== stays.join('\n')) return { kind: 'other', why: 'its columns stand in another order' };
  if (kept.length === then.size && kept.length === names.size) {
    // What nobody sees may still fail.
    if (before.computed !== now.computed) return { kind: 'other', why: 'it computes something else on the way' };
    return { kind: 'same' };
  }
  return kept.length === 0
    ? { kind: 'other', why: 'all its columns are others' }
    : { kind: 'columns', loses: kept.length < then.size };
}

type ChangedState = Pick<TableState, 'madeBy' | 'columns' | 'shared'>;

/** What it does to the rows of a table that its definition, or the columns of what it reads, are others than when it was made. */
export function changeOfText(model: ModelTable, state: ChangedState, context: StepContext): TextChange | 'unproven' {
  const { madeBy } = state;
  const before = madeBy?.meaning;
  if (madeBy === undefined || before === undefined) return { kind: 'other', why: 'what it meant before is not known' };
  if (madeBy.removingFingerprint !== model.removingFingerprint)
    return { kind: 'other', why: 'other rules take rows out' };
  const now = context.meanings.get(model.name);
  const proof = context.proofs.get(model.name);
  if (now === undefined || proof === undefined) return 'unproven';
  if (typeof now === 'string') return { kind: 'other', why: `what it means cannot be compared: ${now}` };
  const change = compareMeanings(before, now);
  const inputs = otherInputs(model, Object.keys(madeBy.inputs));
  if (change.kind === 'other') return inputs === undefined ? change : { ...change, why: `${inputs}; ${change.why}` };
  if (!hasTypesOf(state, context.bound.schemas.get(model.name) ?? []))
    return { kind: 'other', why: 'its columns have other types' };
  if (change.kind === 'same') {
    if (state.shared === true) return { kind: 'other', why: 'its table is that of the base, where nothing is written' };
    return inputs === undefined ? change : { kind: 'other', why: inputs };
  }
  const [chance] = proof.ok ? proof.proof.obstacles : [{ what: proof.why }];
  if (chance !== undefined)
    return { kind: 'other', why: `made again, its rows may come out otherwise: ${chance.what}` };
  return change;
}

/** Whether an input has, but for columns that were added or dropped, the rows that a table was made of. */
export function isKeptInput(input: string, madeBy: TableState['madeBy'], { steps, observation }: StepContext): boolean {
  const step = steps.get(input);
  const before = observation.tables.get(input);
  return step?.keeps === true
    ? isMadeOf(madeBy, input, before)
    : !isActive(step) && isMadeOf(madeBy, input, before, 'kept');
}

/** '2 new columns, the others stay'. */
export function columnsText(changes: readonly ColumnChange[]): string {
  const told = (['added', 'dropped', 'renamed'] as const).flatMap((kind) => {
    const number = changes.filter((change) => change.kind === kind).length;
    if (number === 0) return [];
    if (kind === 'added') return [count(number, 'new column')];
    const one = kind === 'dropped' ? 'goes' : 'has another name';
    const many = kind === 'dropped' ? 'go' : 'have other names';
    return [number === 1 ? `one column ${one}` : `${number} columns ${many}`];
  });
  return [...told, 'the others stay'].join(', ');
}

/** 'it reads silver.x as well': what it is made of now and was not, or the other way round. */
function otherInputs({ inputs }: ModelTable, before: readonly string[]): string | undefined {
  const more = inputs.filter((input) => !before.includes(input));
  const fewer = before.filter((input) => !inputs.includes(input));
  const told = [
    ...(more.length === 0 ? [] : [`it reads ${more.join(', ')} as well`]),
    ...(fewer.length === 0 ? [] : [`it no longer reads ${fewer.join(', ')}`]),
  ];
  return told.length === 0 ? undefined : told.join('; ');
}

function hasTypesOf(state: ChangedState, wanted: TableState['columns']): boolean {
  const stored = new Map(state.columns.map(({ name, type }) => [name, type]));
  return wanted.every(({ name, type }) => {
    const then = stored.get(name);
    return then === undefined || sameType(then, type);
  });
}
