import type { Column } from '../core/schema.ts';
import { ruleExpression } from '../sql/rules-in-tree.ts';
import { columnNames, walkTree } from '../sql/tree.ts';
import type { TreeNode } from '../sql/tree.ts';
import type { Rule } from './model.ts';

/** What may stand in a rule whose columns are beyond doubt: no sub-select, no star, no number of a column. */
const plainClasses: ReadonlySet<unknown> = new Set([
  'BETWEEN',
  'CASE',
  'CAST',
  'COLUMN_REF',
  'COMPARISON',
  'CONJUNCTION',
  'CONSTANT',
  'FUNCTION',
  'OPERATOR',
]);

/**
 * The columns of a table that its rules name, when it is beyond doubt which these are: then the same rules over the same columns mean the
 * same in every table. Undefined otherwise, and where they name none.
 */
export function columnsNamed(rules: readonly Rule[], columns: readonly Column[]): readonly Column[] | undefined {
  const words = new Set<string>();
  for (const rule of rules) if (!addWords(ruleExpression(rule), words)) return undefined;
  const named = columns.filter(({ name }) => words.has(name.toLowerCase()));
  // Each word is a column: what is not one may be the table itself, or anything else that the engine knows.
  return named.length > 0 && named.length === words.size ? named : undefined;
}

/** False when it holds something of which it is not known what it names. */
function addWords(expression: TreeNode, words: Set<string>): boolean {
  let isPlain = true;
  walkTree(expression, (node) => {
    if (node['class'] === undefined) return isPlain;
    const names = columnNames(node);
    if (!plainClasses.has(node['class']) || (names !== undefined && names.length !== 1)) isPlain = false;
    if (names !== undefined) words.add((names[0] ?? '').toLowerCase());
    return isPlain;
  });
  return isPlain;
}
