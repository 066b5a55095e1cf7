import { count, kilobytes } from '../core/quantity.ts';
import type { BoundProject, Check, ModelTable, ProjectTable, Rule } from '../project/model.ts';
import { inputsOf } from '../project/graph.ts';
import { columnLines } from './column-diff.ts';
import type { Observation } from './observation.ts';
import type { Plan, PlanStep } from './plan.ts';
import { isActive } from './source-step.ts';

/** What an earlier run did to a table. */
export interface PastStep {
  readonly run: number;
  readonly action: string;
  readonly strategy: string;
  readonly rows: number;
  readonly elapsedMs: number;
}

interface Judged {
  readonly name: string;
  readonly severity: string;
  /** What has to be read to judge it. */
  readonly cost: 'same pass' | 'each row' | 'whole table' | 'other tables';
}

/** Everything that a plan knows of one table, for people and for programs. */
export function explainTable(
  plan: Plan,
  { project, schemas }: BoundProject,
  about: { readonly table: string; readonly observation: Observation; readonly recent: readonly PastStep[] },
): { readonly text: string; readonly json: unknown } {
  const step = plan.steps.find(({ table }) => table === about.table);
  const table = project.tables.get(about.table);
  if (step === undefined || table === undefined) return { text: `${about.table} is not in this plan`, json: null };
  const { observation } = about;
  const inputs = inputsOf(table).map((name) => inputOf(name, plan, observation));
  const judged = table.kind === 'source' ? [] : judgedBy(table);
  const estimate = estimateOf(step, about.recent);
  const columns = schemas.get(table.name);
  const json = { ...step, inputs, judged, expected: estimate ?? null, contract: columns ?? null };
  const title = [step.table, step.action, step.strategy === step.action ? '' : step.strategy];
  const why = step.reason === '' ? 'nothing that it is made from changed' : step.reason;
  const lines = [
    title.filter((word) => word !== '').join('  '),
    ...section('why', [why]),
    ...section('how', table.kind === 'model' ? howOf(table, step) : step.detail === '' ? [] : [step.detail]),
    ...section('now', [nowOf(step.table, observation)]),
    ...section('inputs', inputs.map(inputLine)),
    ...section('columns', columnLines(step.columns ?? [])),
    ...section('judged by', aligned(judged.map(({ name, severity, cost }) => [name, severity, cost]))),
    ...section('expect', [estimateLine(step, estimate)]),
  ];
  return { text: lines.join('\n'), json };
}

interface Input {
  readonly table: string;
  /** -1: there is none yet. */
  readonly version: number;
  readonly rows: number;
  readonly action: string;
}

function inputOf(name: string, plan: Plan, { tables }: Observation): Input {
  const step = plan.steps.find(({ table }) => table === name);
  const state = tables.get(name);
  return { table: name, version: state?.version ?? -1, rows: state?.rows ?? 0, action: step?.action ?? 'skip' };
}

function inputLine({ table, version, rows, action }: Input): string {
  const now = version < 0 ? 'not made yet' : `version ${version}, ${count(rows, 'row')}`;
  return `${table}  ${now}${action === 'skip' ? '' : `  (${action} before)`}`;
}

function howOf({ facts, refresh }: ModelTable, { detail }: PlanStep): readonly string[] {
  const rows = facts.rowWise.proven
    ? 'new rows of its input can be added: each row stands for itself'
    : `never by adding rows alone: ${facts.rowWise.why}`;
  const clock = facts.usesClock ? ['made again when the day moves: it reads current_date'] : [];
  const told = facts.rowWise.proven || detail !== facts.rowWise.why ? detail : '';
  return [...(told === '' ? [] : [told]), rows, ...clock, ...(refresh === 'auto' ? [] : [`refresh: ${refresh}`])];
}

function nowOf(table: string, { tables }: Observation): string {
  const state = tables.get(table);
  if (state === undefined) return 'there is no such table yet';
  const files = count(state.files, 'file');
  return `version ${state.version}, ${count(state.rows, 'row')}, ${files}, ${kilobytes(state.bytes)}`;
}

function judgedBy(table: Exclude<ProjectTable, { kind: 'source' }>): readonly Judged[] {
  const key: Judged[] =
    table.key.length === 0 ? [] : [{ name: `key ${table.key.join(', ')}`, severity: 'fail', cost: 'whole table' }];
  return [
    ...key,
    ...table.rules.map(({ name, severity }) => ({ name, severity, cost: costOfRule(severity) })),
    ...table.checks.map((check) => ({ name: check.name, severity: check.severity, cost: costOfCheck(check, table) })),
  ];
}

function costOfRule(severity: Rule['severity']): Judged['cost'] {
  return severity === 'drop' || severity === 'quarantine' ? 'same pass' : 'each row';
}

function costOfCheck({ kind }: Check, { auditInputs }: { readonly auditInputs: readonly string[] }): Judged['cost'] {
  if (kind === 'references' || (kind === 'sql' && auditInputs.length > 0)) return 'other tables';
  return kind === 'not_null' ? 'each row' : 'whole table';
}

interface Estimate {
  readonly rows: number;
  readonly seconds: number;
  readonly runs: number;
}

/** By the rows and seconds of earlier steps of the same kind; undefined when there were none. */
function estimateOf(step: PlanStep, recent: readonly PastStep[]): Estimate | undefined {
  if (!isActive(step)) return undefined;
  const alike = recent.filter(({ action, strategy }) => action === step.action && strategy === step.strategy);
  const [newest] = alike;
  if (newest === undefined) return undefined;
  const rows = step.estimate.rows ?? newest.rows;
  const [allRows, allMs] = [sumOf(alike, ({ rows: n }) => n), sumOf(alike, ({ elapsedMs }) => elapsedMs)];
  const seconds = allRows === 0 ? allMs / alike.length / 1000 : ((allMs / allRows) * rows) / 1000;
  return { rows, seconds, runs: alike.length };
}

function estimateLine(step: PlanStep, estimate: Estimate | undefined): string {
  if (!isActive(step)) return 'nothing to do';
  if (estimate === undefined) return 'no history yet';
  const size = step.estimate.bytes === undefined ? [] : [kilobytes(step.estimate.bytes)];
  const told = [count(estimate.rows, 'row'), ...size, `${estimate.seconds.toFixed(1)} s`];
  return `${told.join(', ')}, by the last ${estimate.runs === 1 ? 'run' : `${estimate.runs} runs`} like it`;
}

function sumOf<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((sum, item) => sum + pick(item), 0);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, i) => `  ${(i === 0 ? title : '').padEnd(11)}${line}`);
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = [0, 1].map((i) => Math.max(0, ...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd((widths[i] ?? -2) + 2))
      .join('')
      .trimEnd(),
  );
}
