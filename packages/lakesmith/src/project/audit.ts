import type { Diagnostic, Place } from '../core/errors.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { isSingleSelect } from '../sql/gate.ts';
import { selectFacts } from '../sql/facts.ts';
import { tableReferences } from '../sql/references.ts';
import { withNamedViews } from '../sql/views.ts';
import { readChecks } from './checks.ts';
import { fingerprintOfTrees } from './fingerprint.ts';
import type { Check, Rule } from './model.ts';
import { parseRules, statementOf } from './rule-sql.ts';
import { readRules } from './rules.ts';
import type { RowSeverities } from './rules.ts';
import { entryOf } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

/** What `expect:` and `check:` of one table say, understood as far as it can be without the other tables. */
export interface Audit {
  readonly rules: readonly Rule[];
  readonly checks: readonly Check[];
  /** Tables that rules and checks read, and where each is named. */
  readonly reads: readonly AuditRead[];
  /** A rule that takes rows out depends on the day. */
  readonly usesClock: boolean;
  readonly fingerprint: string;
  readonly diagnostics: readonly Diagnostic[];
}

export interface AuditRead {
  readonly kind: 'table' | 'function';
  readonly schema: string;
  readonly name: string;
  readonly readsOutside: boolean;
  readonly place: Place;
  /** 'Rule "known_country" of silver.orders' */
  readonly by: string;
}

/** Reads the rules and checks among the settings of a table. */
export async function readAudit(options: {
  readonly table: string;
  readonly settings: YamlValue | undefined;
  readonly compiler: SqlCompiler;
  /** What its rules may do with a row; absent: all that can be done. */
  readonly severities?: RowSeverities;
}): Promise<Audit> {
  const { table, settings, compiler, severities } = options;
  const written = readRules(entryOf(settings, 'expect')?.value, severities);
  const rules = await parseRules(written.rules, compiler);
  const checks = readChecks(table, entryOf(settings, 'check')?.value);
  const queries = await parseQueries(checks.checks, { table, compiler });
  const fromRules = rules.parsed.flatMap(({ rule, references }) =>
    references.map((reference) => ({ ...reference, place: rule.place, by: `Rule "${rule.name}" of ${table}` })),
  );
  const fromChecks = checks.checks.flatMap((check) =>
    check.kind === 'references' ? [referenceRead(check, table)] : [],
  );
  return {
    rules: rules.parsed.map(({ rule }) => rule),
    checks: checks.checks.map((check) => (queries.byRow.has(check) ? check : withoutEach(check))),
    reads: [...fromRules, ...fromChecks, ...queries.reads],
    usesClock: rules.parsed.some((rule) => rule.usesClock),
    fingerprint: fingerprintOfTrees({
      rules: rules.parsed.map(({ rule }) => [
        rule.name,
        rule.severity,
        rule.tree,
        ...(rule.limit === undefined ? [] : [rule.limit]),
      ]),
      checks: checks.checks.map(withoutEach).map(({ place: _, ...check }) => check),
      ...(queries.words.length === 0 ? {} : { words: queries.words }),
    }),
    diagnostics: [...written.diagnostics, ...rules.diagnostics, ...checks.diagnostics, ...queries.diagnostics],
  };
}

/** The same, of which only the whole query is known. */
function withoutEach(check: Check): Check {
  if (check.kind !== 'sql') return check;
  const { each: _, ...whole } = check;
  return whole;
}

/** Whether a condition that a check has on each row reads that row and nothing else, whatever the table is called. */
function isByRow({ each = '' }: Extract<Check, { kind: 'sql' }>, tree: unknown, table: string): boolean {
  const named = new RegExp(`\\b${table.replace('.', '"?\\s*\\.\\s*"?')}\\b`, 'i');
  return selectFacts(tree).rowWise.proven && !named.test(each);
}

/** The SQL of the rules among the settings of a table. */
export function ruleStatementsIn(settings: YamlValue | undefined): readonly string[] {
  return readRules(entryOf(settings, 'expect')?.value).rules.map(statementOf);
}

function referenceRead(check: Extract<Check, { kind: 'references' }>, table: string): AuditRead {
  const [schema = '', name = ''] = check.table.split('.');
  return {
    kind: 'table',
    schema,
    name,
    readsOutside: false,
    place: check.place,
    by: `Check "${check.name}" of ${table}`,
  };
}

async function parseQueries(
  checks: readonly Check[],
  options: { table: string; compiler: SqlCompiler },
): Promise<{ reads: AuditRead[]; words: unknown[]; byRow: ReadonlySet<Check>; diagnostics: Diagnostic[] }> {
  const queries = checks.filter((check) => check.kind === 'sql');
  const parses = queries.length === 0 ? [] : await options.compiler.parse(queries.map((check) => check.sql));
  const reads: AuditRead[] = [];
  // What is put into their SQL.
  const words: unknown[] = [];
  const byRow = new Set<Check>();
  const diagnostics: Diagnostic[] = [];
  for (const [index, check] of queries.entries()) {
    const parse = parses[index];
    if (parse === undefined) continue;
    const by = `Check "${check.name}" of ${options.table}`;
    if (!parse.ok && parse.word !== undefined)
      diagnostics.push({ ...parse.word, message: parse.message, place: check.place });
    else if (!parse.ok)
      diagnostics.push({
        code: 'LS1105',
        message: `${by} is not valid SQL: ${parse.message}`,
        place: check.place,
        hint: 'write a SELECT that returns the rows that are wrong',
      });
    else if (!isSingleSelect(parse.tree))
      diagnostics.push({
        code: 'LS1105',
        message: `${by} is not one SELECT`,
        place: check.place,
        hint: 'write a SELECT that returns the rows that are wrong',
      });
    else {
      reads.push(
        ...tableReferences(withNamedViews(parse.tree)).map((reference) => ({ ...reference, place: check.place, by })),
      );
      if (parse.uses !== undefined) words.push(parse.tree);
      if (isByRow(check, parse.tree, options.table)) byRow.add(check);
    }
  }
  return { reads, words, byRow, diagnostics };
}
