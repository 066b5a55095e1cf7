import { countRows } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import type { RefreshChoice, RefreshWays } from '../plan/refresh/choice.ts';
import { takenWay } from '../plan/refresh/choice.ts';
import type { StepSize } from '../plan/refresh/cost.ts';
import { mayBeMost, tellsRows, whyAllRows, whyAtOnce } from '../plan/refresh/cost.ts';
import type { FoldWay } from '../plan/refresh/fold-changes.ts';
import type { KeyedPass } from '../plan/refresh/keyed.ts';
import { changedLeaves, inputsOfProof, tableOfLeaf } from '../plan/refresh/relations.ts';
import { keyScript } from '../plan/refresh/script.ts';
import type { RunContext } from './context.ts';
import type { ToldChanges } from './net-changes.ts';
import { inputChanges } from './net-changes.ts';
import { readRows } from './read-rows.ts';
import type { Before } from './refresh-inputs.ts';

/** A table that is to be kept up, where it may be made anew as well. */
interface WeighedStep {
  readonly choice: RefreshChoice;
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
  if (why !== undefined || !mayBeMost(size) || !canCount(step, keyed)) return why;
  return whyAllRows(size, (await countKeys(context, step, { passes: keyed, before })) / Math.max(1, size.targetRows));
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

function canCount({ choice: { proof } }: WeighedStep, passes: readonly KeyedPass[]): boolean {
  return tellsRows(passes, proof.unique) && passes.every(({ grouped }) => grouped === undefined);
}

/** The keys of all rows that came and went, also where these are the same: to count them takes a look at few columns. */
async function countKeys(
  { engine, project, signal }: RunContext,
  { choice: { proof }, columns, told }: WeighedStep,
  { passes, before }: { readonly passes: readonly KeyedPass[]; readonly before: Before },
): Promise<number> {
  const all = await Promise.all(told.map((one) => inputChanges(one, { net: false, scratch: before.scratch })));
  const relations = all.flatMap(({ source, gained, lost }) => [...source, gained, lost]);
  const counts = keyScript(proof, passes, columns).map(({ sql }) => `select count(*) as n from (${sql})`);
  const sql = `select sum(n) from (${counts.join(' union all ')})`;
  const { rows } = await readRows(engine, { sql, relations, timezone: project.timezone }, signal);
  return Number(rows[0]?.[0] ?? 0);
}
