import type { Diagnostic } from '../core/errors.ts';
import { ruleExpression, ruleStatement } from '../sql/rules-in-tree.ts';
import { mapReferences } from '../sql/substitute.ts';
import { offsetOf, walkTree } from '../sql/tree.ts';
import type { TreeNode } from '../sql/tree.ts';
import type { ProjectTable, Rule } from './model.ts';
import { rulePlace } from './rule-sql.ts';

/**
 * How a rule names a column by more than its name, where that would mean one thing for a query over the table and another inside of the
 * query that makes it: there a table of the same name may be an input, and the first column another one.
 */
export function vagueName(rule: Rule, table: ProjectTable): Diagnostic | undefined {
  const expression = ruleExpression(rule);
  const number = numberIn(expression);
  const found = (node: TreeNode, what: string, hint: string): Diagnostic => ({
    code: 'LS1102',
    message: `Rule "${rule.name}" of ${table.name} ${what}`,
    place: rulePlace(rule, (offsetOf(node) ?? -1) - ruleStatement('').length),
    hint,
  });
  if (number !== undefined) return found(number, 'speaks of a column by its number', 'write its name');
  if (rule.severity !== 'drop' && rule.severity !== 'quarantine') return undefined;
  const named = namedByTable(expression, table.name);
  if (named === undefined) return undefined;
  const { node, names, column } = named;
  return found(
    node,
    `may ${rule.severity} rows and writes ${names.join('.')}, with the table's name`,
    `write ${column} alone: the rule is about the rows that the SELECT makes`,
  );
}

function numberIn(expression: TreeNode): TreeNode | undefined {
  let found: TreeNode | undefined;
  walkTree(expression, (node) => {
    if (node['class'] === 'POSITIONAL_REFERENCE') found ??= node;
    return found === undefined;
  });
  return found;
}

interface NamedByTable {
  readonly node: TreeNode;
  readonly names: readonly string[];
  /** What stands behind the table's name. */
  readonly column: string;
}

function namedByTable(expression: TreeNode, table: string): NamedByTable | undefined {
  const [schema = '', name = ''] = table.toLowerCase().split('.');
  let found: NamedByTable | undefined;
  mapReferences(
    expression,
    (names, node) => {
      const said = names.map((one) => one.toLowerCase());
      const ofTable = said[0] === name ? 1 : said[0] === schema && said[1] === name ? 2 : 0;
      if (ofTable > 0 && names.length > ofTable) found ??= { node, names, column: names.slice(ofTable).join('.') };
      return node;
    },
    new Set(),
  );
  return found;
}
