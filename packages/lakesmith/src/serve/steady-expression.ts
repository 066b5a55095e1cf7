import { LakeError } from '../core/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { freezeClock } from '../sql/clock.ts';
import { selectFacts } from '../sql/facts.ts';
import { selectTree } from './table-question.ts';

/**
 * An expression over tables with the clock stopped, so that it means the same however often it is asked; refused (LS4001) when it
 * rolls dice, and when it reads anything but the tables.
 */
export async function steadyExpression(
  engine: Engine,
  expression: string,
  { tables, nowIso }: { readonly tables: readonly string[]; readonly nowIso: string },
): Promise<string> {
  const tree = await selectTree(engine, `select (${expression}\n) from ${tables.join(', ')}`, tables);
  const { volatile, usesClock, usesNow } = selectFacts(tree);
  const [first] = volatile;
  if (first !== undefined) {
    throw new LakeError(
      'LS4001',
      `${first.name} gives another value each time, and rows are looked at more than once: compute it before, and join it.`,
    );
  }
  if (!usesClock && !usesNow) return expression;
  const [printed = ''] = await engine.print([freezeClock(tree, { day: nowIso.slice(0, 10), nowIso })]);
  const match = /^SELECT ([\s\S]*) FROM ["a-z_, ]+$/i.exec(printed.trim().replace(/;$/, ''));
  if (match?.[1] === undefined) throw new LakeError('LS9001', `The engine printed ${printed} for an expression`);
  return match[1].replace(/ AS "?[^"()]+"?$/i, '');
}
