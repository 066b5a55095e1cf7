import { LakeError } from '../core/errors.ts';
import { nameOf, sqlTokens } from '../core/sql-tokens.ts';
import type { Engine } from '../engine/engine.ts';
import { freezeClock } from '../sql/clock.ts';
import { selectFacts } from '../sql/facts.ts';
import { isUnnest, someNode } from '../sql/select-list.ts';
import { nodesAt, queryOf, withQuery } from '../sql/tree.ts';
import { checkBrackets, selectTree, tableName } from './table-question.ts';

/** An expression that means the same however often it is asked. */
export interface SteadyExpression {
  readonly sql: string;
  /** It asks tables besides looking at its row. */
  readonly asks: boolean;
}

/**
 * An expression over one row with the clock stopped; refused (LS4001) when it rolls dice or looks at other rows. `mayAsk`: it may
 * have sub-selects over the table itself, and over nothing else.
 */
export async function steadyExpression(
  engine: Engine,
  expression: string,
  { nowIso, mayAsk = false }: { readonly nowIso: string; readonly mayAsk?: boolean },
): Promise<SteadyExpression> {
  const shown = expression.trim();
  checkBrackets(expression);
  if (isColumn(shown)) return { sql: expression, asks: false };
  const tree = await selectTree(engine, `select (${expression}\n) from ${tableName}`, [tableName]);
  const { volatile, usesClock, usesNow } = selectFacts(tree);
  const [first] = volatile;
  if (first !== undefined) {
    throw new LakeError(
      'LS4001',
      `${first.name} gives another value each time, and rows are looked at more than once: compute it before, and join it.`,
    );
  }
  const frozen = freezeClock(tree, { day: nowIso.slice(0, 10), nowIso });
  const query = queryOf(frozen);
  const { rowWise } = selectFacts(frozen);
  const asks = !rowWise.proven && rowWise.why === 'a sub-select';
  const why = rowWise.proven || (asks && mayAsk) ? undefined : rowWise.why;
  const item = nodesAt(query, 'select_list')[0];
  if (why !== undefined || item === undefined || someNode(item, isUnnest))
    throw new LakeError(
      'LS4001',
      `"${shown}" has no value of its own for each row (${why ?? 'it makes several of one'}): compute it before, and join it.`,
    );
  if (!usesClock && !usesNow) return { sql: expression, asks };
  const alone = {
    ...query,
    select_list: [{ ...item, alias: '' }],
    from_table: { type: 'EMPTY', alias: '', sample: null },
  };
  const [printed = ''] = await engine.print([withQuery(frozen, alone)]);
  const text = /^SELECT ([\s\S]*?);?$/i.exec(printed.trim())?.[1];
  if (text === undefined) throw new LakeError('LS9001', `The engine printed ${printed} for an expression`);
  return { sql: text, asks };
}

/** `source.a`: a qualified name can be nothing but a column, or a field inside of one. */
function isColumn(expression: string): boolean {
  const { tokens } = sqlTokens(expression);
  return (
    tokens.length >= 3 &&
    tokens.length % 2 === 1 &&
    tokens.every((token, i) => (i % 2 === 0 ? nameOf(token) !== undefined : token.text === '.')) &&
    !expression.includes('`')
  );
}
