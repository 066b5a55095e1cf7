import { countRows } from '@lakesmith/delta';
import type { Relation, Scalar } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { Check, Rule } from '../project/model.ts';
import { auditOf, beyondText, fails } from '../plan/audit.ts';
import type { AuditQuestion, AuditSubject } from '../plan/audit-question.ts';
import { addedRows } from '../plan/audit-rows.ts';
import { plainSql, speaking } from '../sql/speaking.ts';
import { freezeClock } from '../sql/clock.ts';
import { compilerOf } from './compiler.ts';
import type { Column } from '../core/schema.ts';
import type { BoundTable, RunContext } from './context.ts';
import { momentOf, nowIso } from './context.ts';
import { earlierOf } from './earlier.ts';
import type { QualityResult } from './journal.ts';
import { readRows } from './read-rows.ts';

export interface AuditWork extends Pick<AuditSubject, 'judged' | 'isLoad' | 'shown'> {
  readonly table: string;
  readonly key: readonly string[];
  readonly rules: readonly Rule[];
  readonly checks: readonly Check[];
  /** Tables that rules and checks read. */
  readonly auditInputs: readonly string[];
  /** The table with the rows alone that the step adds to it; undefined: they are not known apart. */
  readonly added: BoundTable | undefined;
  /** The staged table and every other at the versions of this run. */
  readonly tables: ReadonlyMap<string, BoundTable>;
  readonly columns: readonly Column[];
}

/** Rows that show why a check of severity fail was broken. */
export interface Evidence {
  readonly kind: AuditQuestion['kind'];
  readonly message: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Scalar[])[];
  /** Of which rows these are, when each says where it lies. */
  readonly placesIn?: BoundTable;
}

export interface AuditResult {
  readonly quality: readonly QualityResult[];
  /** The first rule or check that is broken and of severity fail, or broken by too many rows; undefined: the table may be seen. */
  readonly failure: Evidence | undefined;
}

/** Judges a staged table before anybody can see it. */
export async function auditTable(context: RunContext, work: AuditWork): Promise<AuditResult> {
  if (work.key.length + work.rules.length + work.checks.length === 0) return { quality: [], failure: undefined };
  const { relations: before, ...earlier } = await earlierOf(context, work);
  const own = work.tables.get(work.table);
  const known = own === undefined ? undefined : countRows(own.snapshot);
  const audit = auditOf({
    ...work,
    ...earlier,
    nowIso: nowIso(context),
    judged: work.judged.filter(({ cost }) => work.added !== undefined || !isOfAdded(cost)),
    ...(known === undefined ? {} : { rows: known }),
  });
  if (audit.questions.length === 0) return { quality: [], failure: undefined };
  const relationsOf = async (rowPositions: boolean): Promise<readonly Relation[]> => {
    const relations: Relation[] = [...before];
    for (const name of audit.tables) {
      const table = work.tables.get(name);
      const options = { rowPositions: rowPositions && name === work.table };
      if (table !== undefined) relations.push(await bindLakeTable(context.lake, name, table, options));
    }
    if (work.added !== undefined)
      relations.push(await bindLakeTable(context.lake, addedRows, work.added, { rowPositions }));
    return relations;
  };
  const ask = async (sql: string, rowPositions = false): ReturnType<typeof readRows> =>
    await readRows(
      context.engine,
      {
        sql: await frozen(context, sql),
        relations: await relationsOf(rowPositions),
        timezone: context.project.timezone,
      },
      context.signal,
    );
  const answer = await ask(audit.sql);
  const valueOf = (column: string): number | undefined => {
    const value = answer.rows[0]?.[answer.columns.indexOf(column)] ?? null;
    return value === null ? undefined : Number(value);
  };
  const rowsOf = ({ among }: AuditQuestion): number => valueOf(among) ?? 0;
  const quality = audit.questions.map((question): QualityResult => {
    const value = valueOf(question.column);
    const { name, kind, severity, limit, judge, cost } = question;
    const rows = rowsOf(question);
    const broken = judge === undefined ? (value ?? 0) : judge(value) ? 0 : 1;
    const beyond = limit !== undefined && fails(question, broken, rows) ? beyondText(limit) : '';
    const message = broken === 0 ? '' : `${question.message(broken, rows, value)}${beyond}`;
    return {
      name,
      kind,
      // Too many broken rows are worse than a warning.
      severity: beyond === '' ? severity : 'fail',
      broken,
      rows,
      message,
      ...(judge === undefined || value === undefined ? {} : { value }),
      ...(cost === undefined ? {} : { cost }),
    };
  });
  const failed = audit.questions.findIndex((question, i) => fails(question, quality[i]?.broken ?? 0, rowsOf(question)));
  const question = audit.questions[failed];
  if (question === undefined) return { quality, failure: undefined };
  const { kind, sample, cost } = question;
  const message = quality[failed]?.message ?? '';
  const shown = sample === undefined ? { columns: [], rows: [] } : await ask(sample.sql, sample.hasPlaces);
  const placesIn = sample?.hasPlaces !== true ? undefined : isOfAdded(cost) ? work.added : own;
  return { quality, failure: { kind, message, ...shown, ...(placesIn === undefined ? {} : { placesIn }) } };
}

function isOfAdded(cost: AuditQuestion['cost']): boolean {
  return cost === 'new rows' || cost === 'changed keys';
}

/** The same SQL at the run's moment, without words of the project. Only SQL that may have either has to be parsed for it. */
async function frozen(context: RunContext, written: string): Promise<string> {
  const { parameters, macros, steps } = context.project.words;
  const speaks = parameters.size + macros.size + steps.size > 0;
  const sql = speaks ? await plainSql(speaking(compilerOf(context.engine), context.project.words), written) : written;
  if (!/\b(current_|today|now|get_current)/i.test(sql)) return sql;
  const [parsed] = await context.engine.parse([sql]);
  if (parsed?.ok !== true) return sql;
  const moment = momentOf(context);
  const [text] = await context.engine.print([freezeClock(parsed.tree, moment)]);
  return text ?? sql;
}
