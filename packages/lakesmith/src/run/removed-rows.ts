import type { Relation } from '../engine/engine.ts';
import { isBeyond } from '../project/limit.ts';
import type { ModelTable, Rule } from '../project/model.ts';
import { beyondText } from '../plan/audit.ts';
import { freezeClock } from '../sql/clock.ts';
import { brokenRows } from '../sql/rules-in-tree.ts';
import type { RunContext } from './context.ts';
import { momentOf } from './context.ts';
import type { QualityResult } from './journal.ts';
import type { BrokenRows } from './quarantine.ts';
import { freshColumns } from './quarantine.ts';
import { readRows } from './read-rows.ts';

export interface RemovedWork {
  readonly model: ModelTable;
  /** The model's inputs as its rows were made of; several, where the rows were made in several parts. */
  readonly parts: readonly (readonly Relation[])[];
  /** Rows that were kept of those that were judged. */
  readonly kept: number;
  /** What was put aside of them. */
  readonly broken: BrokenRows | undefined;
  /** It is known that none was taken out. */
  readonly isWhole: boolean;
}

/** How many rows each rule took out, and the first rule that took out more than it may. */
export async function judgeRemoved(
  context: RunContext,
  work: RemovedWork,
): Promise<{ readonly quality: readonly QualityResult[]; readonly failure: QualityResult | undefined }> {
  const rules = work.model.rules.filter(({ severity }) => severity === 'drop' || severity === 'quarantine');
  if (rules.length === 0) return { quality: [], failure: undefined };
  const { total, byRule } = await countRemoved(context, { ...work, rules });
  const rows = work.kept + total;
  const results = rules.map((rule): { rule: Rule; result: QualityResult } => {
    const broken = byRule.get(rule.name) ?? 0;
    const { name, severity, limit } = rule;
    const isOver = limit !== undefined && isBeyond(limit, broken, rows);
    const took = severity === 'drop' ? 'dropped' : 'put aside';
    const told = broken === 0 ? '' : `${name}: ${broken} of ${rows} rows ${broken === 1 ? 'was' : 'were'} ${took}`;
    const message = isOver ? `${told}${beyondText(limit)}` : told;
    return { rule, result: { name, kind: 'rule', severity, broken, rows, message } };
  });
  const over = results.find(
    ({ rule: { limit }, result }) => limit !== undefined && isBeyond(limit, result.broken, rows),
  );
  return { quality: results.map(({ result }) => result), failure: over?.result };
}

/** Rows that are put aside lie in a file already; those that are dropped have to be looked for. */
async function countRemoved(
  context: RunContext,
  { model, parts, broken, isWhole, rules }: RemovedWork & { readonly rules: readonly Rule[] },
): Promise<{ total: number; byRule: ReadonlyMap<string, number> }> {
  const drops = rules.some(({ severity }) => severity === 'drop');
  if (isWhole || (!drops && (broken === undefined || broken.rows === 0))) return { total: 0, byRule: new Map() };
  const timezone = context.project.timezone;
  const counts = async (sql: string, from: readonly Relation[]): ReturnType<typeof countRemoved> => {
    const { rows } = await readRows(
      context.engine,
      {
        sql: `with removed as materialized (${sql})
          select null, count(*) from removed union all
          select rule, count(*) from (select unnest(reasons) as rule from removed) group by rule`,
        relations: from,
        timezone,
      },
      context.signal,
    );
    const total = rows.find(([rule]) => rule === null)?.[1];
    const named = rows
      .filter(([rule]) => rule !== null)
      .map(([rule, n]): [string, number] => [String(rule), Number(n)]);
    return { total: Number(total ?? 0), byRule: new Map(named) };
  };
  if (!drops && broken !== undefined) {
    const files = broken.locations.map((location) => ({ location, partitionValues: {} }));
    const found: Relation = { name: 'found', kind: 'parquet', columns: freshColumns, files };
    return await counts('select reasons from found', [found]);
  }
  const [sql = ''] = await context.engine.print([freezeClock(brokenRows(model.tree(), rules), momentOf(context))]);
  const byRule = new Map<string, number>();
  let total = 0;
  for (const relations of parts) {
    const found = await counts(`select _reasons as reasons from (${sql})`, relations);
    total += found.total;
    for (const [rule, broken] of found.byRule) byRule.set(rule, (byRule.get(rule) ?? 0) + broken);
  }
  return { total, byRule };
}
