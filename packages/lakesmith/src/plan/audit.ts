import { count } from '../core/quantity.ts';
import { quoteName, quoteNames, quoteText } from '../core/sql-text.ts';
import type { Limit } from '../project/limit.ts';
import { isBeyond, limitText } from '../project/limit.ts';
import type { Check, Rule } from '../project/model.ts';

/** What is asked of a table before anybody can see it: one query of one row, and how to read its columns. */
export interface Audit {
  /** One SELECT over the table and what its rules and checks refer to; one row. */
  readonly sql: string;
  readonly questions: readonly AuditQuestion[];
  /** Tables that the query reads. */
  readonly tables: readonly string[];
}

export interface AuditQuestion {
  readonly name: string;
  readonly severity: 'warn' | 'fail';
  /** More broken rows than this are worse than a warning. */
  readonly limit?: Limit;
  readonly kind: 'rule' | 'key' | Check['kind'];
  /** How many rows are wrong, for a check that counts; 1 or 0 otherwise. */
  readonly column: string;
  /** Columns to show of wrong rows, and the query for them; absent where there are none to show. */
  readonly sample?: { readonly sql: string; readonly columns: readonly string[] };
  /** One sentence for `broken` of the table's `rows`. */
  readonly message: (broken: number, rows: number) => string;
}

export interface AuditSubject {
  readonly table: string;
  readonly key: readonly string[];
  readonly rules: readonly Rule[];
  readonly checks: readonly Check[];
  /** Tables that rules and checks read. */
  readonly auditInputs: readonly string[];
  /** The run's moment, ISO. */
  readonly nowIso: string;
  /** Rows of an earlier release, for checks that compare; undefined when there is none old enough. */
  readonly earlierRows: number | undefined;
}

interface Part extends AuditQuestion {
  readonly sql: string;
}

/** Rules of severity warn and fail judge what would be published; drop and quarantine have removed their rows already. */
export function auditOf(subject: AuditSubject): Audit {
  const rules = subject.rules.filter((rule) => rule.severity === 'warn' || rule.severity === 'fail');
  const parts = [...keyParts(subject), ...subject.checks.flatMap((check) => checkPart(subject, check))];
  const flags = rules.map((rule, i) => `(${rule.sql}\n) is not true as r${i}`);
  const sums = rules.map((_, i) => `coalesce(count(*) filter (where r${i}), 0) as r${i}`);
  const inner =
    rules.length === 0 ? `select 1 from ${subject.table}` : `select ${flags.join(', ')} from ${subject.table}`;
  const questions = [
    ...rules.map((rule, i): AuditQuestion => ({
      name: rule.name,
      severity: rule.severity === 'fail' ? 'fail' : 'warn',
      ...(rule.limit === undefined ? {} : { limit: rule.limit }),
      kind: 'rule',
      column: `r${i}`,
      message: (broken, rows) => `${rule.name}: ${some(broken, rows)} ${broken === 1 ? 'breaks' : 'break'} the rule`,
      sample: wrongRows(subject, `(${rule.sql}\n) is not true`, subject.key),
    })),
    ...parts.map(({ sql: _, ...question }, i) => ({ ...question, column: `c${i}` })),
  ];
  const scalars = parts.map((part, i) => `(${part.sql}) as c${i}`);
  return {
    sql: `select * from (select count(*) as rows_total${sums.map((sum) => `, ${sum}`).join('')} from (${inner}))${
      scalars.length === 0 ? '' : `, (select ${scalars.join(', ')})`
    }`,
    questions,
    tables: [...new Set([subject.table, ...subject.auditInputs])],
  };
}

/** Whether so many broken rows of the table fail it. */
export function fails({ severity, limit }: AuditQuestion, broken: number, rows: number): boolean {
  if (broken === 0) return false;
  return severity === 'fail' || (limit !== undefined && isBeyond(limit, broken, rows));
}

/** What is said of a rule that more rows break than its limit allows. */
export function beyondText(limit: Limit): string {
  return `, more than ${limitText(limit)}`;
}

function keyParts({ table, key }: AuditSubject): Part[] {
  if (key.length === 0) return [];
  const keys = quoteNames(key);
  const isNull = key.map((column) => `${quoteName(column)} is null`).join(' or ');
  const repeated = `select ${keys} from ${table} group by ${keys} having count(*) > 1`;
  const shown = key.join(', ');
  return [
    {
      name: 'key_not_null',
      severity: 'fail',
      kind: 'key',
      column: '',
      sql: `select count(*) from ${table} where ${isNull}`,
      message: (broken, rows) => `key: ${some(broken, rows)} ${have(broken)} no ${shown}`,
    },
    {
      name: 'key_unique',
      severity: 'fail',
      kind: 'key',
      column: '',
      sql: `select count(*) from (${repeated})`,
      message: (broken) => `key: ${repeatedValues(broken, key)}`,
      sample: { sql: `${repeated} limit 3`, columns: key },
    },
  ];
}

function checkPart(subject: AuditSubject, check: Check): Part[] {
  const { table, key } = subject;
  const limit = check.limit === undefined ? {} : { limit: check.limit };
  const common = { name: check.name, severity: check.severity, ...limit, kind: check.kind, column: '' };
  switch (check.kind) {
    case 'unique': {
      const columns = quoteNames(check.columns);
      const isSet = check.columns.map((column) => `${quoteName(column)} is not null`).join(' and ');
      const repeated = `select ${columns} from ${table} where ${isSet} group by ${columns} having count(*) > 1`;
      return [
        {
          ...common,
          sql: `select count(*) from (${repeated})`,
          message: (broken) => `${check.name}: ${repeatedValues(broken, check.columns)}`,
          sample: { sql: `${repeated} limit 3`, columns: check.columns },
        },
      ];
    }
    case 'not_null': {
      const wrong = check.columns.map((column) => `${quoteName(column)} is null`).join(' or ');
      return [
        {
          ...common,
          sql: `select count(*) from ${table} where ${wrong}`,
          message: (broken, rows) =>
            `${check.name}: ${some(broken, rows)} ${have(broken)} no ${check.columns.join(', ')}`,
          sample: wrongRows(subject, wrong, key),
        },
      ];
    }
    case 'references': {
      const from = check.columns.map((column) => `a.${quoteName(column)}`);
      const match = from.map((column, i) => `${column} = b.${quoteName(check.toColumns[i] ?? '')}`).join(' and ');
      const isSet = from.map((column) => `${column} is not null`).join(' and ');
      const missing = `from ${table} a anti join ${check.table} b on ${match} where ${isSet}`;
      const shown = [...new Set([...key, ...check.columns])];
      return [
        {
          ...common,
          sql: `select count(*) ${missing}`,
          message: (broken, rows) =>
            `${check.name}: ${some(broken, rows)} ${have(broken)} a ${check.columns.join(', ')} that is not in ${check.table}`,
          sample: { sql: `select ${quoteNames(shown)} ${missing} order by all limit 3`, columns: shown },
        },
      ];
    }
    case 'row_count':
      return rowCountPart(subject, check, common);
    case 'fresh': {
      const newest = `max(${quoteName(check.column)})::timestamptz`;
      const limit = `${quoteText(subject.nowIso)}::timestamptz - interval '${check.withinMs} milliseconds'`;
      return [
        {
          ...common,
          sql: `select case when ${newest} >= ${limit} then 0 else 1 end from ${table}`,
          message: () => `${check.name}: no row has ${check.text}`,
        },
      ];
    }
    case 'sql':
      return [
        {
          ...common,
          sql: `select count(*) from (${check.sql}\n)`,
          message: (broken) => `${check.name}: ${count(broken, 'row')} ${broken === 1 ? 'is' : 'are'} wrong`,
          sample: { sql: `select * from (${check.sql}\n) limit 3`, columns: [] },
        },
      ];
  }
}

function rowCountPart(
  subject: AuditSubject,
  check: Extract<Check, { kind: 'row_count' }>,
  common: Pick<AuditQuestion, 'name' | 'severity' | 'limit' | 'kind' | 'column'>,
): Part[] {
  const bounds: string[] = [];
  if (check.min !== undefined) bounds.push(`count(*) >= ${check.min}`);
  if (check.max !== undefined) bounds.push(`count(*) <= ${check.max}`);
  if (check.withinPercent !== undefined) {
    // Nothing to compare with is no failure: a new table has no last week.
    if (subject.earlierRows === undefined) return [];
    bounds.push(`abs(count(*) - ${subject.earlierRows}) * 100 <= ${subject.earlierRows} * ${check.withinPercent}`);
  }
  const compared =
    check.withinPercent === undefined ? '' : ` (${subject.earlierRows ?? 0} in ${check.of ?? 'last week'})`;
  return [
    {
      ...common,
      sql: `select case when ${bounds.join(' and ')} then 0 else 1 end from ${subject.table}`,
      message: (_, rows) =>
        `${check.name}: ${count(rows, 'row')} ${rows === 1 ? 'is' : 'are'} outside the bounds${compared}`,
    },
  ];
}

function wrongRows(
  subject: AuditSubject,
  wrong: string,
  columns: readonly string[],
): { sql: string; columns: readonly string[] } {
  const shown = columns.length === 0 ? '*' : quoteNames(columns);
  return { sql: `select ${shown} from ${subject.table} where ${wrong} order by all limit 3`, columns };
}

/** '1 of 3 rows', as a subject. */
function some(broken: number, rows: number): string {
  return `${broken} of ${count(rows, 'row')}`;
}

function have(broken: number): string {
  return broken === 1 ? 'has' : 'have';
}

function repeatedValues(broken: number, columns: readonly string[]): string {
  return `${count(broken, 'value')} of ${columns.join(', ')} ${broken === 1 ? 'stands' : 'stand'} in more than one row`;
}
