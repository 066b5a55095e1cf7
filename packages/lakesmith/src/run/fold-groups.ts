import type { Relation } from '../engine/engine.ts';
import type { FoldedTable } from '../plan/refresh/fold-changes.ts';
import { foldChecks, foldKeys } from '../plan/refresh/fold-changes.ts';
import { foldChanges, foldScript, openMark } from '../plan/refresh/fold.ts';
import type { RowPart } from '../plan/refresh/script.ts';
import type { TieCheck } from '../plan/refresh/ties.ts';
import { spansOf } from './made-keys.ts';
import type { PartRows, PartWork } from './part-work.ts';
import type { RefreshInputs } from './refresh-inputs.ts';
import type { KeptRows } from './scratch-rows.ts';

/** Where the sums of more of its groups do not tell whether any rows are left, all of it is made anew. */
const mostOpen = 0.5;

interface FoldWork extends PartWork {
  readonly inputs: Pick<RefreshInputs, 'columns'>;
  /** What stands against it among rows that are equal in an order; undefined: nothing. */
  readonly tied: (checks: readonly TieCheck[], made: readonly Relation[]) => Promise<string | undefined>;
  /** How many rows the table has, where that is weighed. */
  readonly rows: number | undefined;
}

/** Adds to the groups of a table what came to them, and takes away what went: which rows go, and what stands in their place. */
export async function foldGroups(
  table: FoldedTable,
  { inputs, keep, target, tied, rows }: FoldWork,
): Promise<PartRows | { readonly kind: 'full'; readonly why: string }> {
  const { columns } = table;
  const made: KeptRows[] = [];
  const relations = (): readonly Relation[] => made.map(({ relation }) => relation);
  for (const part of foldKeys(table)) made.push(await keep(part, []));
  const known = { spans: made.map(spansOf), inputs: inputs.columns() };
  const why = await tied(foldChecks(table, known), relations());
  if (why !== undefined) return { kind: 'full', why };
  for (const part of foldChanges(table, known)) made.push(await keep(part, relations()));
  if (made.every((one) => one.rows === 0)) return { kind: 'same' };
  // The last of them are the groups.
  const script = foldScript(table, { spans: made.slice(-1).map(spansOf), inputs: known.inputs });
  const predicate = script.wantedOfTarget;
  const merged = await keep(script.merged, [await target(predicate), ...relations()]);
  made.push(merged);
  const again: RowPart[] = [];
  if (merged.stats[openMark]?.max !== 'false') {
    const open = await keep(script.open, relations());
    made.push(open);
    const share = rows === undefined || open.rows === 0 ? 0 : open.rows / rows;
    if (share > mostOpen)
      return { kind: 'full', why: `${Math.round(share * 100)} % of its sums do not tell whether rows are left` };
    if (open.rows > 0) again.push(script.again);
  }
  for (const part of again) made.push(await keep(part, relations()));
  const fresh = [script.fresh, ...again.map(({ name }) => `select * from ${name}`)].join(' union all ');
  return {
    kind: 'rows',
    concerned: { sql: script.concerned('target'), relations: relations(), predicate },
    fresh: { name: 'fresh', kind: 'sql', sql: fresh, columns },
  };
}
