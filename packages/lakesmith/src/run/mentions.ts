import { LakeError } from '../core/errors.ts';
import { quoteNames } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import type { BoundMention } from '../plan/refresh/mention.ts';
import type { BoundTable } from './context.ts';

/** The mentions of tables in a proven SELECT, each bound to what is said of it. */
export function bindMentions(
  mentions: readonly BoundMention[],
  inputs: ReadonlyMap<string, BoundTable>,
): readonly Relation[] {
  return mentions.map(({ name, table, sql, read }): Relation => {
    const all = inputOf(inputs, table).snapshot.schema.fields;
    if (read === undefined) return { name, kind: 'sql', sql, columns: all };
    const columns = all.filter((column) => read.has(column.name));
    return { name, kind: 'sql', sql: `select ${quoteNames(columns.map((one) => one.name))} from (${sql})`, columns };
  });
}

/** A table that a model reads, which is there. */
export function inputOf(inputs: ReadonlyMap<string, BoundTable>, name: string): BoundTable {
  const table = inputs.get(name);
  if (table === undefined) throw new LakeError('LS9001', `${name} is not there.`);
  return table;
}
