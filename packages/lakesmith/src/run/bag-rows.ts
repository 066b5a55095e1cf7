import type { Column } from '../core/schema.ts';
import { bagScript } from '../plan/refresh/bag.ts';
import { anyRowOf } from '../plan/refresh/key-spans.ts';
import type { LinearStep } from '../plan/refresh/linear.ts';
import type { RefreshProof } from '../sql/refresh/proof.ts';
import { spansOf } from './made-keys.ts';
import type { PartRows, PartWork } from './part-work.ts';
import type { KeptRows } from './scratch-rows.ts';

interface BagTable {
  readonly proof: RefreshProof;
  readonly steps: readonly LinearStep[];
  /** The contract. */
  readonly columns: readonly Column[];
}

/** Rows that came are put in, and of rows that are like those that went as many are taken out. */
export async function bagRows({ proof, steps, columns }: BagTable, { keep, target }: PartWork): Promise<PartRows> {
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
