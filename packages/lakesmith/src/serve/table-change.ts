import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { splitList } from '../core/sql-list.ts';
import type { Engine } from '../engine/engine.ts';
import type { DeltaTable } from '../lake/delta-table.ts';
import type { RowChange } from '../lake/rewrite-table.ts';
import { freezeClock } from '../sql/clock.ts';
import { selectFacts } from '../sql/facts.ts';
import { tablePredicates } from '../sql/predicates.ts';
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
  const condition = text.where === undefined ? undefined : await steady(table.engine, text.where, nowIso);
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
    set.set(name, await steady(table.engine, value, nowIso));
  }
  return set;
}

/** An expression over the table with the clock stopped, so that it can be asked several times; refused when it rolls dice. */
async function steady(engine: Engine, expression: string, nowIso: string): Promise<string> {
  const tree = await selectTree(engine, `select (${expression}\n) from ${tableName}`, [tableName]);
  const { volatile } = selectFacts(tree);
  const [first] = volatile;
  if (first !== undefined) {
    throw new LakeError(
      'LS4001',
      `${first.name} gives another value each time, and rows are looked at more than once: compute it before, and join it.`,
    );
  }
  const { usesClock, usesNow } = selectFacts(tree);
  if (!usesClock && !usesNow) return expression;
  const [printed = ''] = await engine.print([freezeClock(tree, { day: nowIso.slice(0, 10), nowIso })]);
  const match = /^SELECT ([\s\S]*) FROM t$/i.exec(printed.trim().replace(/;$/, ''));
  if (match?.[1] === undefined) throw new LakeError('LS9001', `The engine printed ${printed} for an expression`);
  return match[1].replace(/ AS "?[^"()]+"?$/i, '');
}
