import { countRows } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { RefreshChoice, RefreshWays } from '../plan/refresh/choice.ts';
import { takenWay } from '../plan/refresh/choice.ts';
import type { StepSize } from '../plan/refresh/cost.ts';
import { mayBeMost, tellsRows, whyAllRows, whyAtOnce } from '../plan/refresh/cost.ts';
import type { FoldWay } from '../plan/refresh/fold-changes.ts';
import type { KeyedPass } from '../plan/refresh/keyed.ts';
import { changedLeaves, inputsOfProof, tableOfLeaf } from '../plan/refresh/relations.ts';
import { keyScript, rowScript } from '../plan/refresh/script.ts';
import type { RunContext } from './context.ts';
import type { ToldChanges } from './net-changes.ts';
import { inputChanges } from './net-changes.ts';
import { readRows } from './read-rows.ts';
import type { Before } from './refresh-inputs.ts';

/** A table that is to be kept up, where it may be made anew as well. */
interface WeighedStep {
  readonly choice: RefreshChoice;
  readonly path: string;
  readonly columns: readonly Column[];
  readonly told: readonly ToldChanges[];
  /** Rows of all inputs, and of one. */
  readonly inputRows: number;
  readonly rowsOf: (input: string) => number;
}

/** How large a step is, by what its tables and their logs say. */
export function sizeOfStep({ told, inputRows }: WeighedStep, { base, made }: Before): StepSize {
  return {
    inputRows,
    targetRows: countRows(base) ?? 0,
    changes: told.reduce((sum, { rows }) => sum + rows, 0),
    took: made.took ?? {},
  };
}

/** Why all of it at once is cheaper, as far as that can be told before changes are netted and inputs are read; undefined: it may not be. */
export async function whyAtOnceAlready(
  context: RunContext,
  step: WeighedStep,
  { size, ways, before }: { readonly size: StepSize; readonly ways: RefreshWays; readonly before: Before },
): Promise<string | undefined> {
  const isGrown = step.told.every((one) => one.isGrown);
  // Adding costs what came.
  if (ways.linear !== undefined && isGrown) return undefined;
  const way = takenWay(ways, isGrown);
  if (way?.kind === 'fold') return whyAtOnce(size, 'fold', comparedPart(step, way.way));
  if (way?.kind === 'bag') return whyAtOnce(size, 'bag');
  const { keyed } = ways;
  if (keyed === undefined) return undefined;
  const why = whyAtOnce(size, 'keyed');
  // Keys of groups are found only by making these.
  if (why !== undefined || !mayBeMost(size) || keyed.some(({ grouped }) => grouped !== undefined)) return why;
  const concerned = await countConcerned(context, step, { passes: keyed, before });
  return whyAllRows(size, concerned / Math.max(1, size.targetRows));
}

/** The part of the inputs' rows that have keys of what changed, where these lie as all others do. */
function comparedPart({ choice: { proof }, told, inputRows, rowsOf }: WeighedStep, { passes }: FoldWay): number {
  const parts = passes.map(({ keys, leaves }) => {
    const names = new Set(leaves.map((leaf) => tableOfLeaf(proof, leaf)));
    const changed = told.filter(({ input }) => names.has(input.name));
    const shares = changed.map(({ input, rows }) => rows / 2 / Math.max(1, rowsOf(input.name)));
    const share = Math.min(1, Math.max(0, ...shares));
    const looked = inputsOfProof(proof).map((name) => {
      const own = changedLeaves(proof, new Set([name]));
      const isFound = own.every((leaf) => keys.some(({ at }) => at.some(([one]) => one === leaf)));
      return (isFound ? share : 1) * rowsOf(name);
    });
    return looked.reduce((sum, rows) => sum + rows, 0) / Math.max(1, inputRows);
  });
  return parts.reduce((sum, part) => sum + part, 0);
}

/** About how many rows have keys of those that came and went, also where these are the same: to count them takes a look at few columns. */
async function countConcerned(
  { engine, lake, project, signal }: RunContext,
  { choice: { proof }, path, columns, told }: WeighedStep,
  { passes, before }: { readonly passes: readonly KeyedPass[]; readonly before: Before },
): Promise<number> {
  const all = await Promise.all(told.map((one) => inputChanges(one, { net: false, scratch: before.scratch })));
  const keys = keyScript(proof, passes, columns).map((part) => ({ ...part, kind: 'sql' as const }));
  const relations = [...all.flatMap(({ source, gained, lost }) => [...source, gained, lost]), ...keys];
  if (tellsRows(passes, proof.unique)) {
    const counts = keys.map(({ name }) => `select count(*) as n from ${name}`);
    return await numberOf(`select sum(n) from (${counts.join(' union all ')})`, relations);
  }
  const target = await bindLakeTable(lake, 'target', { path, snapshot: before.base });
  const { concerned } = rowScript(proof, passes, { columns });
  return await numberOf(`select count(*) from (${concerned(target.name)})`, [...relations, target]);

  async function numberOf(sql: string, read: readonly Relation[]): Promise<number> {
    const { rows } = await readRows(engine, { sql, relations: read, timezone: project.timezone }, signal);
    return Number(rows[0]?.[0] ?? 0);
  }
}
