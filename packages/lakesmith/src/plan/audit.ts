import type { Limit } from '../project/limit.ts';
import { isBeyond, limitText } from '../project/limit.ts';
import type { Rule } from '../project/model.ts';
import { checkPart, keyParts, some, wrongRows } from './audit-parts.ts';
import type { AuditQuestion, AuditSubject } from './audit-question.ts';
import { addedRows, rowsFor } from './audit-rows.ts';

/** What is asked of a table before anybody can see it: one query of one row, and how to read its columns. */
export interface Audit {
  /** One SELECT over the table and what its rules and checks refer to; one row. */
  readonly sql: string;
  readonly questions: readonly AuditQuestion[];
  /** Tables that the query reads. */
  readonly tables: readonly string[];
}

/** Rules of severity warn and fail judge what would be published; drop and quarantine have removed their rows already. */
export function auditOf(subject: AuditSubject): Audit {
  const judging = subject.rules.filter((rule) => rule.severity === 'warn' || rule.severity === 'fail');
  const rules = judging.map((rule, i) => ({ rule, column: `r${i}`, rows: rowsFor(subject, 'rule', rule.name) }));
  const parts = [...keyParts(subject), ...subject.checks.flatMap((check) => checkPart(subject, check))];
  const questions = [
    ...rules.map(({ rule, column, rows }): AuditQuestion => ({
      name: rule.name,
      severity: rule.severity === 'fail' ? 'fail' : 'warn',
      ...(rule.limit === undefined ? {} : { limit: rule.limit }),
      kind: 'rule',
      column,
      among: rows.among,
      cost: rows.cost,
      message: (broken, judged) =>
        `${rule.name}: ${some(broken, judged)} ${broken === 1 ? 'breaks' : 'break'} the rule`,
      sample: wrongRows(subject, rows, `(${rule.sql}\n) is not true`),
    })),
    ...parts.map(({ sql: _, ...question }, i) => ({ ...question, column: `c${i}` })),
  ];
  const added = rules.filter(({ rows }) => rows.isPart);
  const isOfAdded = added.length > 0 || questions.some(({ among }) => among === 'rows_added');
  const whole = rules.filter(({ rows }) => !rows.isPart);
  const total = subject.rows !== undefined && whole.length === 0 ? `select ${subject.rows} as rows_total` : undefined;
  const scalars = parts.map((part, i) => `(${part.sql}) as c${i}`);
  const passes = [
    total ?? onePass(whole, subject.table, 'rows_total'),
    ...(isOfAdded ? [onePass(added, added[0]?.rows.from ?? addedRows, 'rows_added')] : []),
    ...(scalars.length === 0 ? [] : [`select ${scalars.join(', ')}`]),
  ];
  return {
    sql: `select * from ${passes.map((pass) => `(${pass})`).join(', ')}`,
    questions,
    tables: [...new Set([subject.table, ...subject.auditInputs])],
  };
}

/** All rules in one pass over the same rows, each predicate once. */
function onePass(
  rules: readonly { readonly rule: Rule; readonly column: string }[],
  from: string,
  total: AuditQuestion['among'],
): string {
  const flags = rules.map(({ rule, column }) => `(${rule.sql}\n) is not true as ${column}`);
  const sums = rules.map(({ column }) => `, coalesce(count(*) filter (where ${column}), 0) as ${column}`);
  const inner = `select ${flags.length === 0 ? '1' : flags.join(', ')} from ${from}`;
  return `select count(*) as ${total}${sums.join('')} from (${inner})`;
}

/** Whether so many broken rows of those that were judged fail the table. */
export function fails({ severity, limit }: AuditQuestion, broken: number, rows: number): boolean {
  if (broken === 0) return false;
  return severity === 'fail' || (limit !== undefined && isBeyond(limit, broken, rows));
}

/** What is said of a rule that more rows break than its limit allows. */
export function beyondText(limit: Limit): string {
  return `, more than ${limitText(limit)}`;
}
