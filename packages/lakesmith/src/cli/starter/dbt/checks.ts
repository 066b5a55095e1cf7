import { quoteText } from '../../../core/sql-text.ts';
import { sqlTokens } from '../../../core/sql-tokens.ts';
import { plainName } from '../../plain-name.ts';
import type { DbtNode } from './manifest.ts';
import type { LeftOut, Translated } from './models.ts';
import { shown } from './names.ts';

/** A test of dbt as a check of a table. */
export interface ImportedCheck {
  /** What of dbt it stands for: 'test unique_orders_id'. */
  readonly what: string;
  /** What it is called in the settings: its kind, or for sql a name that no other check of the table has. */
  readonly name: string;
  /** The word it stands under: fail, warn, warn up to 10 rows. */
  readonly severity: string;
  /** Of these, a table says each kind once, with a list; sql has a name of its own. */
  readonly kind: 'unique' | 'not_null' | 'accepted' | 'references' | 'sql';
  readonly value: string;
}

/** What is known when tests are imported. */
export interface CheckContext {
  /** Tables in an order in which a check may read those before its own. */
  readonly order: readonly string[];
  readonly names: ReadonlyMap<string, string>;
  readonly translated: ReadonlyMap<string, Translated>;
}

/** What is to become a check, or why it cannot. */
export interface Wish {
  readonly what: string;
  /** What the check is called where no kind says it. */
  readonly name: string;
  readonly found: (Check & { readonly severity: string }) | { readonly why: string };
}

/** The wishes that the tests of dbt are. */
export function wishesOfTests(tests: readonly DbtNode[], context: CheckContext): readonly Wish[] {
  // A kind stands under one severity of a table, and errors come first.
  const sorted = [...tests].sort((a, b) => Number(isWarning(a)) - Number(isWarning(b)));
  return sorted.map((test): Wish => {
    const wish = { what: `test ${test.name}`, name: plainName(test.name) };
    const severity = severityOf(test);
    if ('why' in severity) return { ...wish, found: severity };
    const check = checkOf(test, context);
    return { ...wish, found: 'why' in check ? check : { ...check, severity: severity.word } };
  });
}

/** The checks of each table, and the wishes that cannot be one. */
export function importChecks(wishes: readonly Wish[]): {
  readonly checks: ReadonlyMap<string, readonly ImportedCheck[]>;
  readonly leftOut: readonly LeftOut[];
} {
  const checks = new Map<string, ImportedCheck[]>();
  const leftOut: LeftOut[] = [];
  for (const { what, name: called, found } of wishes) {
    if ('why' in found) {
      leftOut.push({ what, why: found.why });
      continue;
    }
    const { table, severity, sql } = found;
    const present = checks.get(table) ?? [];
    const isThere = present.some(
      (one) => one.kind === found.kind && one.value === found.value && one.severity === severity,
    );
    if (isThere && found.kind !== 'sql') continue;
    const clashes = present.some(
      ({ kind, severity: other }) => kind === found.kind && (other !== severity || kind === 'unique'),
    );
    const { kind, value } = found.kind !== 'sql' && clashes ? { kind: 'sql' as const, value: sql } : found;
    const name = kind === 'sql' ? freeName(called, present) : kind;
    checks.set(table, [...present, { what, name, severity, kind, value }]);
  }
  return { checks, leftOut };
}

function freeName(word: string, present: readonly ImportedCheck[]): string {
  let name = word;
  for (let n = 2; present.some((check) => check.name === name); n += 1) name = `${word}_${n}`;
  return name;
}

function isWarning({ config }: DbtNode): boolean {
  return config.severity?.toLowerCase() === 'warn';
}

const anyRow = /^(!= ?0|> ?0|>= ?1|)$/;

/** dbt's severity and thresholds as the word that a check stands under. */
function severityOf(test: DbtNode): { readonly word: string } | { readonly why: string } {
  const { warn_if: warnIf = '', error_if: errorIf = '', fail_calc: failCalc = '', limit } = test.config;
  if (limit !== undefined && !anyRow.test(isWarning(test) ? warnIf : errorIf))
    return { why: `it counts up to ${limit} rows, and checks count all` };
  if (!/^(count\(\*\)|)$/.test(failCalc)) return { why: `it counts ${failCalc}, and checks count rows` };
  if (isWarning(test)) return anyRow.test(warnIf) ? { word: 'warn' } : { why: `it warns when the rows are ${warnIf}` };
  if (anyRow.test(errorIf)) return { word: 'fail' };
  const [, sign, digits] = /^(>=?) ?(\d+)$/.exec(errorIf) ?? [];
  if (digits === undefined || !anyRow.test(warnIf)) return { why: `it fails when the rows are ${errorIf}` };
  return { word: `warn up to ${Number(digits) - (sign === '>=' ? 1 : 0)} rows` };
}

type Check = Pick<ImportedCheck, 'kind' | 'value'> & {
  readonly table: string;
  /** The same as SQL of its own, where the table says its kind already. */
  readonly sql: string;
};

function checkOf(test: DbtNode, context: CheckContext): Check | { readonly why: string } {
  const translated = context.translated.get(test.unique_id);
  if (translated?.ok !== true) return { why: translated?.why ?? 'it has no compiled SQL' };
  const [unknown] = translated.unknown;
  const missing = unknown ?? translated.inputs.find((table) => !context.order.includes(table));
  if (missing !== undefined) return { why: `it reads ${shown(missing)}, which is not imported` };
  const sql = fromSelect(translated.sql);
  const own = nativeCheck(test, context, translated.inputs);
  if (own !== undefined) return { ...own, sql };
  const table = ownerOf(translated.inputs, context);
  return table === undefined ? { why: 'it reads no table' } : { table, kind: 'sql', value: sql, sql };
}

/** The last of the tables that it reads: those before it are there when it is judged. */
function ownerOf(reads: readonly string[], { order }: CheckContext): string | undefined {
  return order.filter((table) => reads.includes(table)).at(-1);
}

/** The table that a test with a column stands under; dbt says it of sources in what the test is called with. */
export function testedTable(test: DbtNode, names: ReadonlyMap<string, string>): string | undefined {
  const attached = names.get(test.attached_node);
  if (attached !== undefined || test.test_metadata == null) return attached;
  const [, source = '', table = ''] =
    /source\(\s*['"]([^'"]+)['"]\s*,\s*['"]([^'"]+)['"]/.exec(String(test.test_metadata.kwargs['model'])) ?? [];
  return names.get(test.depends_on.find((id) => id.endsWith(`.${source}.${table}`)) ?? '');
}

/** The tests that dbt has by itself, in the words of a check. */
function nativeCheck(
  test: DbtNode,
  { names, order }: CheckContext,
  reads: readonly string[],
): Omit<Check, 'sql'> | undefined {
  const { name = '', namespace = '', kwargs = {} } = test.test_metadata ?? {};
  const table = testedTable(test, names) ?? '';
  const column = kwargs['column_name'];
  if (typeof column !== 'string' || !/^[a-z_]\w*$/i.test(column)) return undefined;
  if (namespace !== '' || (test.config.where ?? '') !== '' || !order.includes(table)) return undefined;
  switch (name) {
    case 'unique':
    case 'not_null':
      return { table, kind: name, value: column };
    case 'accepted_values': {
      const { values, quote = true } = kwargs;
      if (!Array.isArray(values) || values.length === 0) return undefined;
      const list = values.map((value) => (quote === true ? quoteText(String(value)) : String(value)));
      return { table, kind: 'accepted', value: `${column} in (${list.join(', ')})` };
    }
    case 'relationships': {
      const to = reads.find((other) => other !== table) ?? table;
      const { field } = kwargs;
      if (typeof field !== 'string' || !/^[a-z_]\w*$/i.test(field) || order.indexOf(to) > order.indexOf(table))
        return undefined;
      return { table, kind: 'references', value: `${column} -> ${to}.${field}` };
    }
    default:
      return undefined;
  }
}

/** Without the comments in front, so that it is seen to be a query. */
function fromSelect(sql: string): string {
  return sql.slice(sqlTokens(sql).tokens[0]?.start ?? 0);
}

/**
 * Tables in an order in which inputs come first; where that leaves it open, what is referred to comes before what refers to it.
 */
export function orderTables(
  inputs: ReadonlyMap<string, readonly string[]>,
  references: readonly (readonly [string, string])[],
): readonly string[] {
  const before = new Map([...inputs].map(([table, reads]) => [table, new Set(reads)]));
  const reaches = (from: string, to: string, seen: Set<string> = new Set()): boolean => {
    if (from === to) return true;
    seen.add(from);
    return [...(before.get(from) ?? [])].some((next) => !seen.has(next) && reaches(next, to, seen));
  };
  for (const [from, to] of references) if (!reaches(to, from)) before.get(from)?.add(to);
  const ordered = new Set<string>();
  const visit = (table: string): void => {
    if (ordered.has(table) || !before.has(table)) return;
    for (const first of [...(before.get(table) ?? [])].sort()) visit(first);
    ordered.add(table);
  };
  for (const table of [...before.keys()].sort()) visit(table);
  return [...ordered];
}
