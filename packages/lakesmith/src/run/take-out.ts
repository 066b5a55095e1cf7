import type { RunContext } from './context.ts';
import type { QualityResult } from './journal.ts';
import type { ModelWork } from './stage-model.ts';
import type { BrokenRows, RefusedWork, RowsPart } from './refused-rows.ts';
import { brokenSql, noBrokenRows, stageBrokenParts, stampOf } from './refused-rows.ts';
import { removingRules } from './model-sql.ts';
import type { RemovedCount } from './removed-rows.ts';
import { judgeRemoved } from './removed-rows.ts';

/** How it is known which rows the rules of a table take out. */
export type Taken =
  /** None were seen while the others were written. */
  | { readonly kind: 'none'; readonly scope: BrokenRows['scope'] }
  /** What the table is made of is to be looked at, all of it or what is new. */
  | { readonly kind: 'asked'; readonly scope: BrokenRows['scope']; readonly parts: readonly RowsPart[] }
  /** All that are refused are there already. */
  | { readonly kind: 'found'; readonly broken: BrokenRows }
  /** Of rows that were made anew, those that are dropped are counted already. */
  | { readonly kind: 'counted'; readonly counted: RemovedCount };

/** What the rules of a table took out. */
export interface Removed {
  readonly broken: BrokenRows | undefined;
  readonly removed: readonly QualityResult[];
  /** Of all rows that are refused, which they are (`MadeBy.refused`); absent: it is not known of all. */
  readonly stamp?: string;
}

export const nothingRemoved: Removed = { broken: undefined, removed: [] };

/** Writes the rows that rules put aside, and counts all that are taken out; with the rule that takes out more than it may. */
export async function takeOut(
  context: RunContext,
  { model, columns, inputs }: Pick<ModelWork, 'model' | 'columns' | 'inputs'>,
  { kept, taken }: { readonly kept: number; readonly taken: Taken },
): Promise<Removed & { readonly failure: QualityResult | undefined }> {
  if (removingRules(model).length === 0) return { ...nothingRemoved, failure: undefined };
  const broken = await brokenOf(context, { model, columns, inputs }, taken);
  const { quality, failure } = await judgeRemoved(context, {
    model,
    columns,
    parts: taken.kind === 'asked' ? taken.parts.map(({ relations }) => relations) : [],
    kept,
    broken,
    isWhole: taken.kind === 'none',
    ...(taken.kind === 'counted' ? { counted: taken.counted } : {}),
  });
  const stamp = broken?.scope === 'all' ? { stamp: await stampOf(context, brokenSql(broken)) } : {};
  return { broken, removed: quality, failure, ...stamp };
}

async function brokenOf(context: RunContext, work: RefusedWork, taken: Taken): Promise<BrokenRows | undefined> {
  switch (taken.kind) {
    case 'none':
      return noBrokenRows(work.model, taken.scope);
    case 'asked':
      return await stageBrokenParts(context, { ...work, scope: taken.scope }, taken.parts);
    case 'found':
      return taken.broken;
    case 'counted':
      return undefined;
  }
}
