import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { splitList } from '../core/sql-list.ts';
import type { DeltaTable } from '../lake/delta-table.ts';
import type { RowChange } from '../lake/rewrite-table.ts';
import { tablePredicates } from '../sql/predicates.ts';
import { steadyExpression } from './steady-expression.ts';
import { columnName, selectTree, tableName } from './table-question.ts';

/** Which rows are meant, and what becomes of them, as somebody writes it. */
export interface ChangeText {
  /** A condition in SQL. */
  readonly where?: string | undefined;
  /** `a = a + 1, b = 'x'`. */
  readonly set?: string | undefined;
}

/** Understands a change of rows: what it reads, and that it means the same for every row and every time it is asked. */
export async function bindChange(table: DeltaTable, snapshot: Snapshot, text: ChangeText): Promise<RowChange> {
  const nowIso = new Date(table.io.now()).toISOString();
  const condition =
    text.where === undefined
      ? undefined
      : await steadyExpression(table.engine, text.where, { tables: [tableName], nowIso });
  const predicate =
    condition === undefined
      ? undefined
      : tablePredicates(
          await selectTree(table.engine, `select * from ${tableName} where (${condition}\n)`, [tableName]),
          (name) => (name === tableName ? snapshot.schema.fields : undefined),
          'UTC',
        ).get(tableName);
  return {
    ...(condition === undefined ? {} : { where: condition }),
    ...(predicate === undefined ? {} : { predicate }),
    ...(text.set === undefined ? {} : { set: await assignments(table, snapshot, text.set, nowIso) }),
  };
}

async function assignments(
  table: DeltaTable,
  snapshot: Snapshot,
  text: string,
  nowIso: string,
): Promise<ReadonlyMap<string, string>> {
  const set = new Map<string, string>();
  for (const part of splitList(text)) {
    const [, quoted, bare, value] =
      /^\s*(?:"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*))\s*=([\s\S]+)$/u.exec(part) ?? [];
    if (value === undefined)
      throw new LakeError('LS4001', `"${part.trim()}" sets no column: write a = a + 1, b = 'x'.`);
    const name = columnName(snapshot, quoted?.replaceAll('""', '"') ?? bare ?? '');
    if (set.has(name)) throw new LakeError('LS4001', `The column ${name} is set twice.`);
    set.set(name, await steadyExpression(table.engine, value, { tables: [tableName], nowIso }));
  }
  return set;
}
