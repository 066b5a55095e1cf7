import type { Predicate } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';
import type { RowReplacement } from '../lake/replace-rows.ts';
import { bagScript } from '../plan/refresh/bag.ts';
import { anyRowOf } from '../plan/refresh/key-spans.ts';
import type { LinearStep } from '../plan/refresh/linear.ts';
import type { RowPart, ScriptPart } from '../plan/refresh/script.ts';
import type { RefreshProof } from '../sql/refresh/proof.ts';
import { spansOf } from './made-keys.ts';
import type { KeptRows } from './scratch-rows.ts';

interface BagTable {
  readonly proof: RefreshProof;
  readonly steps: readonly LinearStep[];
  /** The contract. */
  readonly columns: readonly Column[];
}

interface BagWork {
  /** Makes the rows of a part over the inputs, and over what was made before. */
  readonly keep: (part: ScriptPart | RowPart, made: readonly Relation[]) => Promise<KeptRows>;
  /** The table as it was made, without files that hold no row which meets this. */
  readonly target: (predicate: Predicate | undefined) => Promise<Relation>;
}

/** Rows that came are put in, and of rows that are like those that went as many are taken out. */
export async function bagRows(
  { proof, steps, columns }: BagTable,
  { keep, target }: BagWork,
): Promise<({ readonly kind: 'rows' } & Pick<RowReplacement, 'concerned' | 'fresh'>) | { readonly kind: 'same' }> {
  const script = bagScript(proof, steps, columns);
  const made: KeptRows[] = [];
  for (const part of [...script.gained, ...script.lost]) made.push(await keep(part, []));
  if (made.every(({ rows }) => rows === 0)) return { kind: 'same' };
  const relations = made.map(({ relation }) => relation);
  const lost = made.slice(script.gained.length).filter(({ rows }) => rows > 0);
  const predicate = anyRowOf(
    lost.map(spansOf).map((spans) => columns.map((column, i) => ({ column, span: spans[i] }))),
  );
  const stood = [await target(predicate), ...relations];
  const kept = await keep({ name: '__fresh', sql: script.fresh('target'), columns, mentions: [] }, stood);
  return {
    kind: 'rows',
    concerned: { sql: script.concerned('target'), relations, predicate },
    fresh: { ...kept.relation, name: 'fresh' },
  };
}
