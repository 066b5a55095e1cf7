import type { Column } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';
import type { KeyedPass } from '../plan/refresh/keyed.ts';
import type { KeySpan } from '../plan/refresh/key-spans.ts';
import { spanBetween, spanOf } from '../plan/refresh/key-spans.ts';
import { relationNames } from '../plan/refresh/relations.ts';
import type { RowScript, ScriptPart } from '../plan/refresh/script.ts';
import { keyScript, rowScript } from '../plan/refresh/script.ts';
import type { RefreshProof } from '../sql/refresh/proof.ts';
import type { RefreshInputs } from './refresh-inputs.ts';
import type { KeptRows } from './scratch-rows.ts';

/** The keys of rows that changes concern, which are there now, and what is to be done with them. */
interface MadeKeys {
  readonly script: RowScript;
  /** Those of each pass. */
  readonly keys: readonly Relation[];
  /** How many these are. */
  readonly count: number;
  /** Also what they were made of. */
  readonly known: readonly Relation[];
}

/** Makes the keys of passes; `keep` makes the rows of a part over the inputs, and over what was made before. */
export async function makeKeys(
  proof: RefreshProof,
  passes: readonly KeyedPass[],
  {
    columns,
    inputs,
    keep,
  }: {
    readonly columns: readonly Column[];
    readonly inputs: Pick<RefreshInputs, 'columns'>;
    readonly keep: (part: ScriptPart, made: readonly Relation[]) => Promise<KeptRows>;
  },
): Promise<MadeKeys> {
  const known: Relation[] = [];
  const kept = new Map<string, KeptRows>();
  for (const part of keyScript(proof, passes, columns)) {
    const rows = await keep(part, known);
    kept.set(part.name, rows);
    known.push(rows.relation);
  }
  const ofPasses = [...passes.keys()].flatMap((pass) => kept.get(relationNames.keys(pass)) ?? []);
  const spans = ofPasses.map((rows, pass) => {
    const [low, high] = spansOf(rows);
    return passes[pass]?.between === undefined ? spansOf(rows) : [spanBetween(low, high)];
  });
  return {
    script: rowScript(proof, passes, { columns, spans, inputs: inputs.columns() }),
    keys: ofPasses.map(({ relation }) => relation),
    count: ofPasses.reduce((sum, { rows }) => sum + rows, 0),
    known,
  };
}

/** What the values of keys lie between. */
export function spansOf({ relation, stats }: KeptRows): readonly KeySpan[] {
  return relation.columns.map(({ name }) => spanOf(stats[name]));
}
