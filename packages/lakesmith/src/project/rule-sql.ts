import { LakeError } from '../core/errors.ts';
import type { Diagnostic, Place } from '../core/errors.ts';
import type { SqlCompiler, SqlParse } from '../sql/compiler.ts';
import { selectFacts } from '../sql/facts.ts';
import { tableReferences } from '../sql/references.ts';
import type { TableReference } from '../sql/references.ts';
import { ruleExpression, ruleStatement } from '../sql/rules-in-tree.ts';
import { isSubquery } from '../sql/select-list.ts';
import { withNamedViews } from '../sql/views.ts';
import { walkTree } from '../sql/tree.ts';
import type { TreeNode } from '../sql/tree.ts';
import type { Rule } from './model.ts';
import type { Written } from './rules.ts';
import type { YamlScalar } from './yaml.ts';

/** A rule whose SQL was parsed, and what follows from it. */
export interface ParsedRule {
  readonly rule: Rule;
  readonly references: readonly TableReference[];
  readonly usesClock: boolean;
  readonly usesNow: boolean;
}

/** A rule as the engine parses it. */
export function statementOf(rule: Written<YamlScalar>): string {
  return ruleStatement(textOf(rule));
}

/** Parses the rules of one table; what is no expression, and what a rule must not hold, is found at its place. */
export async function parseRules(
  written: readonly Written<YamlScalar>[],
  compiler: SqlCompiler,
): Promise<{ parsed: readonly ParsedRule[]; diagnostics: readonly Diagnostic[] }> {
  const statements = written.map(statementOf);
  const parses = statements.length === 0 ? [] : await compiler.parse(statements);
  const parsed: ParsedRule[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, rule] of written.entries()) {
    const parse = parses[index];
    if (parse === undefined) continue;
    if (!parse.ok) {
      diagnostics.push(notSql(rule, parse));
      continue;
    }
    const found = judge(rule, parse.tree);
    if ('code' in found) diagnostics.push(found);
    else parsed.push(found);
  }
  return { parsed, diagnostics };
}

/** Where a character of a rule's SQL stands; the whole rule when the YAML writes it otherwise (folded, or with escapes). */
export function rulePlace(rule: Pick<Rule, 'sql' | 'place'>, offset: number): Place {
  const extra = (rule.place.length ?? 0) - rule.sql.length;
  if ((extra !== 0 && extra !== 2) || offset < 0 || offset >= rule.sql.length) return rule.place;
  const length = /^[\w.]+/.exec(rule.sql.slice(offset))?.[0].length ?? 1;
  return { ...rule.place, column: rule.place.column + extra / 2 + offset, length };
}

function judge(written: Written<YamlScalar>, tree: unknown): ParsedRule | Diagnostic {
  const { name, severity, value } = written;
  const limit = written.limit === undefined ? {} : { limit: written.limit };
  const rule: Rule = { name, severity, ...limit, sql: textOf(written), tree, place: value.place };
  const expression = expressionOf(rule);
  if (expression === undefined) {
    return {
      code: 'LS1102',
      message: `Rule "${name}" is not one expression`,
      place: value.place,
      hint: 'write a comparison, such as amount > 0',
    };
  }
  const facts = selectFacts(tree);
  const [wobbly] = facts.volatile;
  if (wobbly !== undefined) {
    const message = `Rule "${name}" calls ${wobbly.name}, whose result changes from run to run`;
    return { code: 'LS1207', message, place: value.place, hint: 'a rule must judge the same row alike each time' };
  }
  const removes = severity === 'drop' || severity === 'quarantine';
  const readsMore = holdsSubSelect(expression);
  if (removes && readsMore) {
    const message = `Rule "${name}" may ${severity} rows and has a sub-select`;
    const hint = 'join that table in the model and judge the joined column, or make the rule warn';
    return { code: 'LS1104', message, place: value.place, hint };
  }
  if (removes && facts.usesNow) {
    const message = `Rule "${name}" may ${severity} rows and reads the current time`;
    return {
      code: 'LS1207',
      message,
      place: value.place,
      hint: 'use current_date, or a time that stands in the row, such as _ingested_at',
    };
  }
  return {
    rule: { ...rule, byRow: !readsMore && !facts.usesClock && !facts.usesNow },
    references: tableReferences(withNamedViews(tree)),
    usesClock: removes && facts.usesClock,
    usesNow: facts.usesNow,
  };
}

function expressionOf(rule: Rule): TreeNode | undefined {
  try {
    return ruleExpression(rule);
  } catch (error) {
    if (error instanceof LakeError && error.code === 'LS1102') return undefined;
    throw error;
  }
}

function holdsSubSelect(expression: TreeNode): boolean {
  let found = false;
  walkTree(expression, (node) => {
    found ||= isSubquery(node);
    return !found;
  });
  return found;
}

function notSql(rule: Written<YamlScalar>, { message, offset, word }: Extract<SqlParse, { ok: false }>): Diagnostic {
  const at = offset - ruleStatement('').length;
  const place = rulePlace({ sql: textOf(rule), place: rule.value.place }, at);
  if (word !== undefined) return { ...word, message, place };
  if (rule.value.commentFollows) {
    const hint = 'quote the rule: in YAML everything after a blank and # is a comment';
    return { code: 'LS1107', message: `Rule "${rule.name}" is cut off at a #`, place: rule.value.place, hint };
  }
  return {
    code: 'LS1102',
    message: `Rule "${rule.name}" is not valid SQL: ${message}`,
    place,
    hint: 'write a comparison over the columns of the table, such as amount > 0',
  };
}

function textOf(rule: Written<YamlScalar>): string {
  return String(rule.value.value).trim();
}
