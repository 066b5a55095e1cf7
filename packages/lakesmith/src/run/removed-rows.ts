import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { isBeyond } from '../project/limit.ts';
import type { ModelTable, Rule } from '../project/model.ts';
import { beyondText } from '../plan/audit.ts';
import { reasonsColumn } from '../sql/rules-in-tree.ts';
import type { RunContext } from './context.ts';
import { momentOf } from './context.ts';
import type { QualityResult } from './journal.ts';
import { refusedTree, removingRules } from './model-sql.ts';
import { readRows } from './read-rows.ts';
import type { BoundSql, BrokenRows } from './refused-rows.ts';
import { brokenSql } from './refused-rows.ts';

export interface RemovedWork {
  readonly model: ModelTable;
  readonly columns: readonly Column[];
  /** The model's inputs as its rows were made of; several, where the rows were made in several parts. */
  readonly parts: readonly (readonly Relation[])[];
  /** Rows that were kept of those that were judged. */
  readonly kept: number;
  /** What was put aside of them. */
  readonly broken: BrokenRows | undefined;
  /** It is known that none was taken out. */
  readonly isWhole: boolean;
  /** How many were; absent: it is to be found out. */
  readonly counted?: RemovedCount;
}

/** How many rows each rule took out, and the first rule that took out more than it may. */
export async function judgeRemoved(
  context: RunContext,
  work: RemovedWork,
): Promise<{ readonly quality: readonly QualityResult[]; readonly failure: QualityResult | undefined }> {
  const rules = removingRules(work.model);
  if (rules.length === 0) return { quality: [], failure: undefined };
  const { total, byRule } = work.counted ?? (await countRemoved(context, work));
  const rows = work.kept + total;
  const results = rules.map((rule): { rule: Rule; result: QualityResult } => {
    const broken = byRule.get(rule.name) ?? 0;
    const { name, severity, limit } = rule;
    const isOver = limit !== undefined && isBeyond(limit, broken, rows);
    const took = severity === 'drop' ? 'dropped' : 'put aside';
    const told = broken === 0 ? '' : `${name}: ${broken} of ${rows} rows ${broken === 1 ? 'was' : 'were'} ${took}`;
    const message = isOver ? `${told}${beyondText(limit)}` : told;
    return { rule, result: { name, kind: 'rule', severity: isOver ? 'fail' : severity, broken, rows, message } };
  });
  const over = results.find(
    ({ rule: { limit }, result }) => limit !== undefined && isBeyond(limit, result.broken, rows),
  );
  return { quality: results.map(({ result }) => result), failure: over?.result };
}

/** How many rows are taken out, and how many of them each rule takes. */
export interface RemovedCount {
  readonly total: number;
  readonly byRule: ReadonlyMap<string, number>;
}

const noneRemoved: RemovedCount = { total: 0, byRule: new Map() };

/** Rows that are put aside lie in a file already; those that are dropped have to be looked for. */
async function countRemoved(
  context: RunContext,
  { model, columns, parts, broken, isWhole }: RemovedWork,
): Promise<RemovedCount> {
  const drops = model.rules.some(({ severity }) => severity === 'drop');
  if (isWhole || (!drops && (broken === undefined || broken.rows === 0))) return noneRemoved;
  if (!drops && broken !== undefined) return await countReasons(context, [brokenSql(broken)]);
  const reasons = reasonsColumn(columns);
  const [sql = ''] = await context.engine.print([refusedTree(model, momentOf(context), { by: 'all', reasons })]);
  return await countReasons(
    context,
    parts.map((relations) => ({ sql: `select ${quoteName(reasons)} as reasons from (${sql})`, relations })),
  );
}

/** Counts rows that have `reasons`, of every part. */
export async function countReasons(context: RunContext, parts: readonly BoundSql[]): Promise<RemovedCount> {
  const byRule = new Map<string, number>();
  let total = 0;
  for (const { sql, relations } of parts) {
    const asked = `with removed as materialized (${sql})
      select null, count(*) from removed union all
      select rule, count(*) from (select unnest(reasons) as rule from removed) group by rule`;
    const { timezone } = context.project;
    const { rows } = await readRows(context.engine, { sql: asked, relations, timezone }, context.signal);
    for (const [rule, n] of rows) {
      if (rule === null) total += Number(n);
      else byRule.set(String(rule), (byRule.get(String(rule)) ?? 0) + Number(n));
    }
  }
  return { total, byRule };
}
