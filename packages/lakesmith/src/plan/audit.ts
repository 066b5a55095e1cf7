import { count } from '../core/quantity.ts';
import { quoteName, quoteNames, quoteText } from '../core/sql-text.ts';
import type { Limit } from '../project/limit.ts';
import { isBeyond, limitText } from '../project/limit.ts';
import type { Column } from '../core/schema.ts';
import type { Check, EarlierTime, Rule } from '../project/model.ts';
import { durationText, isUsual, usualChange, usualLag, usualText } from './usual.ts';

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
  /** How many rows are wrong, for a check that counts; else what was measured. */
  readonly column: string;
  /** Whether what was measured is right; undefined: the check counts. */
  readonly judge?: (value: number | undefined) => boolean;
  /** Columns to show of wrong rows, and the query for them; absent where there are none to show. */
  readonly sample?: { readonly sql: string; readonly columns: readonly string[] };
  /** One sentence for `broken` of the table's `rows`, or for the value that was measured. */
  readonly message: (broken: number, rows: number, value: number | undefined) => string;
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
  /** The table as it is judged. */
  readonly columns: readonly Column[];
  /** The table in earlier releases, for checks that compare; absent when there is none old enough. */
  readonly earlier: Partial<Readonly<Record<EarlierTime, EarlierTable>>>;
  /** What checks found in earlier runs, by name, the newest first. */
  readonly found: ReadonlyMap<string, readonly EarlierFinding[]>;
}

export interface EarlierTable {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** Under which name the audit reads it. */
  readonly relation: string;
}

export interface EarlierFinding {
  readonly rows: number;
  readonly value?: number;
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
    case 'fresh':
      return freshPart(subject, check, common);
    case 'drift':
      return driftPart(subject, check, common);
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

type Common = Pick<AuditQuestion, 'name' | 'severity' | 'limit' | 'kind' | 'column'>;

function rowCountPart(
  { table, earlier, found }: AuditSubject,
  check: Extract<Check, { kind: 'row_count' }>,
  common: Common,
): Part[] {
  const part = (judge: (rows: number) => boolean, compared = ''): Part[] => [
    {
      ...common,
      sql: `select count(*) from ${table}`,
      judge: (rows = 0) => judge(rows),
      message: (_, rows) =>
        `${check.name}: ${count(rows, 'row')} ${rows === 1 ? 'is' : 'are'} outside the bounds${compared}`,
    },
  ];
  if (check.usual === true) {
    const usual = usualChange(found.get(check.name) ?? []);
    return usual === undefined ? part(() => true) : part((rows) => isUsual(rows, usual), ` (${usualText(usual)})`);
  }
  if (check.withinPercent === undefined)
    return part((rows) => rows >= (check.min ?? 0) && rows <= (check.max ?? Infinity));
  // Nothing to compare with is no failure: a new table has no last week.
  const { withinPercent, of = 'last week' } = check;
  const before = earlier[of]?.rows;
  if (before === undefined) return [];
  return part((rows) => Math.abs(rows - before) * 100 <= before * withinPercent, ` (${before} in ${of})`);
}

function freshPart(
  { table, nowIso, found }: AuditSubject,
  check: Extract<Check, { kind: 'fresh' }>,
  common: Common,
): Part[] {
  const now = `${quoteText(nowIso)}::timestamptz`;
  const seconds = `epoch(${now}) - epoch(max(${quoteName(check.column)})::timestamptz)`;
  const limit =
    check.withinMs === 'usual' ? usualLag(found.get(check.name) ?? []) : { seconds: check.withinMs / 1000, text: '' };
  return [
    {
      ...common,
      sql: `select ${seconds} from ${table}`,
      judge: (lag) => limit === undefined || (lag !== undefined && lag <= limit.seconds),
      message: (_, __, lag) => {
        const newest = lag === undefined ? 'there is none' : `the newest is ${durationText(lag)} old`;
        const wanted = check.withinMs === 'usual' ? check.column : `no row has ${check.text}`;
        return `${check.name}: ${wanted}: ${newest}${limit?.text ?? ''}`;
      },
    },
  ];
}

/**
 * How much of a distribution would have to move to become the other, in percent: of numbers and times the largest distance between
 * the shares of rows up to a value, of other values half the sum of the distances between their shares.
 */
function driftPart(
  { table, columns, earlier }: AuditSubject,
  check: Extract<Check, { kind: 'drift' }>,
  common: Common,
): Part[] {
  const before = earlier[check.of];
  const typeIn = (some: readonly Column[]): Column['type'] | undefined =>
    some.find(({ name }) => name === check.column)?.type;
  const type = typeIn(columns);
  // A column that is new, or was of another type, has nothing to be compared with.
  if (before === undefined || type === undefined || typeIn(before.columns) !== type) return [];
  const column = quoteName(check.column);
  const shares = (from: string, sign: string): string =>
    `select ${column} as v, ${sign}count(*)::double / (select count(*) from ${from}) as d from ${from} group by ${column}`;
  const moved = `select v, sum(d) as d from (${shares(table, '')} union all ${shares(before.relation, '-')}) group by v`;
  const isOrdered = type !== 'string' && type !== 'boolean';
  const distance = isOrdered
    ? `max(abs(d)) from (select sum(d) over (order by v nulls first rows unbounded preceding) as d from (${moved}))`
    : `sum(abs(d)) / 2 from (${moved})`;
  return [
    {
      ...common,
      sql: `select 100 * ${distance}`,
      // Of a table without rows, now or then, there is no distribution.
      judge: (percent) => percent === undefined || percent <= check.withinPercent,
      message: (_, __, percent = 0) =>
        `${check.name}: ${percent.toFixed(1)} % of ${check.column} is distributed differently than in ${check.of}, more than ${check.withinPercent} %`,
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
