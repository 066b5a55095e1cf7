import { count, kilobytes, roughTime } from '../core/quantity.ts';
import type { BoundProject, ModelTable } from '../project/model.ts';
import { inputsOf } from '../project/graph.ts';
import { columnLines } from './column-diff.ts';
import { vectorLines } from './deletion-vectors.ts';
import { takesTime } from './estimate.ts';
import type { Observation } from './observation.ts';
import type { Plan, PlanStep } from './plan.ts';
import { judgedBy } from './judged.ts';
import type { ConsideredWay } from './refresh/considered.ts';
import { wayLine } from './refresh/considered.ts';
import type { RefusedText } from './refresh/refused.ts';
import { refusedLine } from './refresh/refused.ts';

/** Everything that a plan knows of one table, for people and for programs. */
export function explainTable(
  plan: Plan,
  { project, schemas }: BoundProject,
  about: {
    readonly table: string;
    readonly observation: Observation;
    /** How it could be kept up; absent: nobody asked, or it is made otherwise. */
    readonly ways?: readonly ConsideredWay[];
    /** Whether what its rules take out follows changes; absent: they take nothing out, or it is told of all rows anyway. */
    readonly refused?: RefusedText;
  },
): { readonly text: string; readonly json: unknown } {
  const step = plan.steps.find(({ table }) => table === about.table);
  const table = project.tables.get(about.table);
  if (step === undefined || table === undefined) return { text: `${about.table} is not in this plan`, json: null };
  const { observation, ways, refused } = about;
  const inputs = inputsOf(table).map((name) => inputOf(name, plan, observation));
  const judged = step.judged ?? judgedBy(table, { step, steps: new Map(), observation, proof: undefined });
  const expected = expectedOf(step);
  const columns = schemas.get(table.name);
  const { refresh: _, ...told } = step;
  const json = {
    ...told,
    inputs,
    judged,
    expected: expected ?? null,
    ...(ways === undefined ? {} : { ways }),
    ...(refused === undefined ? {} : { takenOut: { followed: refused.ok, text: refused.text } }),
    contract: columns ?? null,
  };
  const title = [step.table, step.action, step.strategy === step.action ? '' : step.strategy];
  const why = step.reason === '' ? 'nothing that it is made from changed' : step.reason;
  const lines = [
    title.filter((word) => word !== '').join('  '),
    ...section('why', [why, ...(step.unkept === undefined ? [] : [step.unkept])]),
    ...section(
      'how',
      table.kind === 'model' ? howOf(table, step, ways !== undefined) : step.detail === '' ? [] : [step.detail],
    ),
    ...section('ways', aligned((ways ?? []).map(wayLine))),
    ...section('taken out', refused === undefined ? [] : [refusedLine(refused)]),
    ...section('now', [nowOf(step.table, observation)]),
    ...section('files', vectorLines(table, { tables: project.tables, rows: observation.tables.get(table.name)?.rows })),
    ...section('inputs', inputs.map(inputLine)),
    ...section('columns', columnLines(step.columns ?? [])),
    ...section('judged by', aligned(judged.map(({ name, severity, cost }) => [name, severity, cost]))),
    ...section('expect', [expectedLine(step, expected)]),
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

function howOf(model: ModelTable, { detail }: PlanStep, isConsidered: boolean): readonly string[] {
  const { facts, refresh, stream } = model;
  if (stream !== undefined)
    return [
      `each new row of ${stream.follows} goes through it once`,
      'rows that change or go there leave what they made; only --full with its name makes it anew',
      ...(model.inputs.length === 1
        ? []
        : [`other inputs as they ${stream.joins === 'now' ? 'are in the run' : 'were when the rows were committed'}`]),
    ];
  const rows = facts.rowWise.proven
    ? 'new rows of its input can be added: each row stands for itself'
    : `never by adding rows alone: ${facts.rowWise.why}`;
  const clock = facts.usesClock ? ['made again when the day moves: it reads current_date'] : [];
  const told = facts.rowWise.proven || detail !== facts.rowWise.why ? detail : '';
  return [
    ...(told === '' ? [] : [told]),
    ...(isConsidered ? [] : [rows]),
    ...clock,
    ...(refresh === 'auto' ? [] : [`refresh: ${refresh}`]),
  ];
}

function nowOf(table: string, { tables }: Observation): string {
  const state = tables.get(table);
  if (state === undefined) return 'there is no such table yet';
  const files = count(state.files, 'file');
  return `version ${state.version}, ${count(state.rows, 'row')}, ${files}, ${kilobytes(state.bytes)}`;
}

interface Expected {
  /** null: nobody knows before. */
  readonly rows: number | null;
  readonly seconds: number;
  readonly runs: number;
}

/** undefined: there is nothing to do, or none of the last runs did the like. */
function expectedOf({ estimate: { rows, seconds, runs } }: PlanStep): Expected | undefined {
  return seconds === undefined || runs === undefined ? undefined : { rows: rows ?? null, seconds, runs };
}

function expectedLine(step: PlanStep, expected: Expected | undefined): string {
  if (!takesTime(step)) return 'nothing to do';
  if (expected === undefined) return 'no history yet';
  const { rows, seconds, runs } = expected;
  const told = [
    ...(rows === null ? [] : [count(rows, 'row')]),
    ...(step.estimate.bytes === undefined ? [] : [kilobytes(step.estimate.bytes)]),
    roughTime(seconds),
  ];
  return `${told.join(', ')}, by the last ${runs === 1 ? 'run' : `${runs} runs`} like it`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, i) => `  ${(i === 0 ? title : '').padEnd(11)}${line}`);
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = [0, 1, 2].map((i) => Math.max(0, ...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd((widths[i] ?? -2) + 2))
      .join('')
      .trimEnd(),
  );
}
