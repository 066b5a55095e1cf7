import { count } from '../core/quantity.ts';
import { quoteName, quoteNames } from '../core/sql-text.ts';
import type { Check } from '../project/model.ts';
import type { AuditPart, AuditQuestion, AuditSubject } from './audit-question.ts';
import { rowsFor } from './audit-rows.ts';
import type { RowsFor } from './audit-rows.ts';
import { driftPart, freshPart, rowCountPart } from './compared-parts.ts';
import type { Common } from './compared-parts.ts';

/** That the key is never null, and stands in one row. */
export function keyParts(subject: AuditSubject): AuditPart[] {
  const { key } = subject;
  if (key.length === 0) return [];
  const rows = rowsFor(subject, 'key');
  const isNull = key.map((column) => `${quoteName(column)} is null`).join(' or ');
  const shown = key.join(', ');
  const common = { severity: 'fail', kind: 'key', column: '', cost: rows.cost, among: rows.among } as const;
  return [
    {
      ...common,
      name: 'key_not_null',
      sql: `select count(*) from ${rows.from} where ${isNull}`,
      message: (broken, judged) => `key: ${some(broken, judged)} ${have(broken)} no ${shown}`,
    },
    {
      ...common,
      name: 'key_unique',
      ...repeated(subject, rows, key),
      message: (n) => `key: ${repeatedValues(n, key)}`,
    },
  ];
}

/** What a check asks; nothing when there is nothing to compare with. */
export function checkPart(subject: AuditSubject, check: Check): AuditPart[] {
  const rows = rowsFor(subject, 'check', check.name);
  const limit = check.limit === undefined ? {} : { limit: check.limit };
  const { name, severity, kind } = check;
  const common: Common = { name, severity, ...limit, kind, column: '', cost: rows.cost, among: rows.among };
  switch (check.kind) {
    case 'unique': {
      const { columns } = check;
      const isSet = columns.map((column) => `a.${quoteName(column)} is not null`).join(' and ');
      return [
        {
          ...common,
          ...repeated(subject, rows, columns, isSet),
          message: (broken) => `${name}: ${repeatedValues(broken, columns)}`,
        },
      ];
    }
    case 'not_null': {
      const wrong = check.columns.map((column) => `${quoteName(column)} is null`).join(' or ');
      return [
        {
          ...common,
          sql: `select count(*) from ${rows.from} where ${wrong}`,
          message: (broken, judged) =>
            `${name}: ${some(broken, judged)} ${have(broken)} no ${check.columns.join(', ')}`,
          sample: wrongRows(subject, rows, wrong),
        },
      ];
    }
    case 'references':
      return [referencesPart(subject, check, { common, rows })];
    case 'row_count':
      return rowCountPart(subject, check, common);
    case 'fresh':
      return freshPart(subject, check, common);
    case 'drift':
      return driftPart(subject, check, common);
    case 'sql':
      return [sqlPart(subject, check, { common, rows })];
  }
}

interface PartOf {
  readonly common: Common;
  readonly rows: RowsFor;
}

function referencesPart(
  { shown: ofRow }: AuditSubject,
  { name, columns, table, toColumns }: Extract<Check, { kind: 'references' }>,
  { common, rows }: PartOf,
): AuditPart {
  const from = columns.map((column) => `a.${quoteName(column)}`);
  const match = from.map((column, i) => `${column} = b.${quoteName(toColumns[i] ?? '')}`).join(' and ');
  const isSet = from.map((column) => `${column} is not null`).join(' and ');
  const missing = `from ${rows.relation} a anti join ${table} b on ${match} where ${isSet}`;
  const shown = [...new Set([...ofRow.columns, ...columns, ...ofRow.places])];
  return {
    ...common,
    sql: `select count(*) ${missing}`,
    message: (broken, judged) =>
      `${name}: ${some(broken, judged)} ${have(broken)} a ${columns.join(', ')} that is not in ${table}`,
    sample: {
      sql: `select ${shown.map((column) => `a.${quoteName(column)}`).join(', ')} ${missing} order by all limit 3`,
      hasPlaces: ofRow.places.length > 0,
    },
  };
}

function sqlPart(subject: AuditSubject, check: Extract<Check, { kind: 'sql' }>, { common, rows }: PartOf): AuditPart {
  const message = (broken: number): string =>
    `${check.name}: ${count(broken, 'row')} ${broken === 1 ? 'is' : 'are'} wrong`;
  // Of a condition on each row it is known how it reads fewer rows, and where they come from.
  if (check.each !== undefined && (rows.isPart || subject.shown.places.length > 0)) {
    const wrong = `(${check.each}\n) is false`;
    const sql = `select count(*) from ${rows.from} where ${wrong}`;
    return { ...common, sql, message, sample: wrongRows(subject, rows, wrong) };
  }
  return {
    ...common,
    sql: `select count(*) from (${check.sql}\n)`,
    message,
    sample: { sql: `select * from (${check.sql}\n) limit 3`, hasPlaces: false },
  };
}

/** Values that stand in more than one row; of part of the rows, those that stand there and in any row of the table. */
function repeated(
  { table }: AuditSubject,
  rows: RowsFor,
  columns: readonly string[],
  condition?: string,
): Pick<AuditPart, 'sql' | 'sample'> {
  const keys = columns.map((column) => `a.${quoteName(column)}`).join(', ');
  const same = columns.map((column) => `a.${quoteName(column)} is not distinct from n.${quoteName(column)}`);
  const changed = rows.isPart
    ? ` semi join (select distinct ${quoteNames(columns)} from ${rows.relation}) n on ${same.join(' and ')}`
    : '';
  const where = condition === undefined ? '' : ` where ${condition}`;
  const values = `select ${keys} from ${table} a${changed}${where} group by ${keys} having count(*) > 1`;
  return { sql: `select count(*) from (${values})`, sample: { sql: `${values} limit 3`, hasPlaces: false } };
}

/** Three of the rows that a condition finds. */
export function wrongRows({ shown }: AuditSubject, rows: RowsFor, wrong: string): NonNullable<AuditQuestion['sample']> {
  const columns = [...shown.columns, ...shown.places];
  return {
    sql: `select ${columns.length === 0 ? '*' : quoteNames(columns)} from ${rows.from} where ${wrong} order by all limit 3`,
    hasPlaces: shown.places.length > 0,
  };
}

/** '1 of 3 rows', as a subject. */
export function some(broken: number, rows: number): string {
  return `${broken} of ${count(rows, 'row')}`;
}

function have(broken: number): string {
  return broken === 1 ? 'has' : 'have';
}

function repeatedValues(broken: number, columns: readonly string[]): string {
  return `${count(broken, 'value')} of ${columns.join(', ')} ${broken === 1 ? 'stands' : 'stand'} in more than one row`;
}
