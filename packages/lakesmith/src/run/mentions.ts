import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteNames } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { mentionNames } from '../plan/refresh/relations.ts';
import type { RefreshProof } from '../sql/refresh/proof.ts';
import type { BoundTable } from './context.ts';

/** The mentions of tables in a proven SELECT, each bound to what is said of it. */
export function bindMentions(
  proof: RefreshProof,
  inputs: ReadonlyMap<string, BoundTable>,
  sqlOf: (occurrence: number) => string,
  columnsOf: (occurrence: number, columns: readonly Column[]) => readonly Column[] = (_, columns) => columns,
): readonly Relation[] {
  return mentionNames(proof).map((name, occurrence): Relation => {
    const { snapshot } = inputOf(inputs, proof.occurrences[occurrence] ?? '');
    const columns = columnsOf(occurrence, snapshot.schema.fields);
    return {
      name,
      kind: 'sql',
      sql: `select ${quoteNames(columns.map((one) => one.name))} from (${sqlOf(occurrence)})`,
      columns,
    };
  });
}

/** A table that a model reads, which is there. */
export function inputOf(inputs: ReadonlyMap<string, BoundTable>, name: string): BoundTable {
  const table = inputs.get(name);
  if (table === undefined) throw new LakeError('LS9001', `${name} is not there.`);
  return table;
}
