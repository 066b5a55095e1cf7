import type { Column } from '../core/schema.ts';
import type { Engine } from '../engine/engine.ts';
import { historySql } from '../plan/kinds/history.ts';
import { validityColumns } from '../project/bind.ts';
import { changeColumns } from '../project/own-columns.ts';
import type { ModelTable } from '../project/model.ts';
import type { FrozenMoment } from '../sql/clock.ts';
import { freezeClock } from '../sql/clock.ts';
import { withOrigin } from '../sql/origin.ts';
import { brokenRows, keepRows, looksAtAllRows } from '../sql/rules-in-tree.ts';
import { compilerOf } from './compiler.ts';

/** A model, the columns that it is to have, and the moment at which its clock stands. */
export interface ModelQuestion {
  readonly model: ModelTable;
  readonly columns: readonly Column[];
  readonly moment: FrozenMoment;
  /** A function to call for rows that rules take out. */
  readonly notice?: string;
}

/** True for a model whose SQL has no words of the project in it. */
export function isAsWritten({ parts }: Pick<ModelTable, 'parts'>): boolean {
  return Object.keys(parts).length === 1;
}

/** The syntax tree of a model's rows, without those that its rules remove. */
export function modelTree(model: ModelTable, moment: FrozenMoment, notice?: string): unknown {
  const removing = removingRules(model);
  const noticing = notice === undefined ? {} : { notice };
  const kept = removing.length === 0 ? model.tree() : keepRows(model.tree(), removing, noticing);
  const logged = changeColumns.map((column) => column.name);
  return freezeClock(model.history === undefined ? kept : withOrigin(kept, logged), moment);
}

/** The syntax tree of the rows that its quarantine rules refuse, or all that take rows out: see `brokenRows`. */
export function refusedTree(
  model: ModelTable,
  moment: FrozenMoment,
  { by = 'quarantine', ...options }: Parameters<typeof brokenRows>[2] & { readonly by?: 'quarantine' | 'all' } = {},
): unknown {
  const rules = removingRules(model).filter(({ severity }) => by === 'all' || severity === by);
  return freezeClock(brokenRows(model.tree(), rules, options), moment);
}

/** Whether the rows that rules take out can be noticed while the others are written. */
export function canNotice(model: ModelTable): boolean {
  return removingRules(model).length > 0 && model.history === undefined && looksAtAllRows(model.tree());
}

/** The rules that take rows out. */
export function removingRules({ rules }: ModelTable): ModelTable['rules'] {
  return rules.filter((rule) => rule.severity === 'drop' || rule.severity === 'quarantine');
}

/** The SQL of a model's rows, without those that its rules remove. Of a history: over the change log of its input. */
export async function modelSql(engine: Engine, { model, columns, moment, notice }: ModelQuestion): Promise<string> {
  const { usesClock, usesNow } = model.facts;
  // Nothing to place, nothing put in and no clock to stop: the engine gets the user's own text.
  if (removingRules(model).length === 0 && model.history === undefined && !usesClock && !usesNow && isAsWritten(model))
    return model.sql;
  const [sql = ''] = await compilerOf(engine).print([modelTree(model, moment, notice)]);
  if (model.history === undefined) return sql;
  return historySql({
    sql,
    columns: columns.slice(0, -validityColumns.length).map((column) => column.name),
    key: model.key,
    settings: model.history,
  });
}
