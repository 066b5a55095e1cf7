import type { Predicate } from '@lakesmith/delta';
import type { Relation } from '../engine/engine.ts';
import type { RowReplacement } from '../lake/replace-rows.ts';
import type { RowPart, ScriptPart } from '../plan/refresh/script.ts';
import type { KeptRows } from './scratch-rows.ts';

/** What a way to make parts of a table is given. */
export interface PartWork {
  /** Makes the rows of a part over the inputs, and over what was made before. */
  readonly keep: (part: ScriptPart | RowPart, made: readonly Relation[]) => Promise<KeptRows>;
  /** The table as it was made, without files that hold no row which meets this. */
  readonly target: (predicate: Predicate | undefined) => Promise<Relation>;
}

/** Which rows go, and what stands in their place; `same`: nothing changes. */
export type PartRows =
  ({ readonly kind: 'rows' } & Pick<RowReplacement, 'concerned' | 'fresh' | 'gone'>) | { readonly kind: 'same' };
