import { commandIn } from '../project/command-line.ts';
import type { BoundProject, Project } from '../project/model.ts';
import { isBucket } from '../project/project-file.ts';
import { columnLines } from './column-diff.ts';
import type { Plan, PlanStep } from './plan.ts';
import { count, roughTime } from '../core/quantity.ts';

interface Line {
  readonly name: string;
  readonly action: string;
  readonly detail: string;
  readonly reason: string;
  readonly note: string;
  /** Lines that stand below it. */
  readonly below?: readonly string[];
}

/** Equal neighbours of one layer become one line from this number on. */
const groupFrom = 6;

/** The plan as a person reads it: what happens to each table, how, and why; then which command does it. */
export function explainPlan(plan: Plan, { project }: BoundProject, command = commandIn(project, 'run')): string {
  const header = headerOf(plan, project);
  const shown = plan.steps.filter((step) => step.action !== 'skip' || step.reason !== '');
  const unchanged = plan.steps.length - shown.length;
  if (shown.length === 0 && plan.dropped.length === 0) {
    const since = plan.release === 0 ? '' : ` since release ${plan.release}`;
    return `${header}\n\nnothing to do · ${count(unchanged, 'table')} unchanged${since}`;
  }
  const lines = [
    ...groups(shown).map((group) => lineOf(group, project)),
    ...plan.dropped.map((name) => droppedLine(name, plan.droppedViews.has(name))),
    ...plan.skippedPublications.map(publicationLine),
  ];
  const rest = unchanged === 0 ? [] : [`  … ${unchanged} unchanged`];
  const width = Math.max(...[...project.tables.keys()].map((name) => name.length)) + 5;
  return [header, '', ...aligned(lines, width), ...rest, '', ...nextSteps(plan, project, command)].join('\n');
}

function headerOf(plan: Plan, project: Project): string {
  const isNew = plan.release === 0 && plan.steps.every((step) => step.readVersion < 0);
  const state = [isBucket(project.lake) ? '' : 'local', isNew ? 'new' : ''].filter((word) => word !== '').join(', ');
  const lake = `lake ${project.lake}${state === '' ? '' : ` (${state})`}`;
  return `${lake} · release ${plan.release === 0 ? 'none' : plan.release} · ${count(plan.steps.length, 'table')}`;
}

function groups(steps: readonly PlanStep[]): readonly (readonly PlanStep[])[] {
  const runs: PlanStep[][] = [];
  for (const step of steps) {
    const last = runs.at(-1);
    if (last?.[0] !== undefined && alike(last[0], step)) last.push(step);
    else runs.push([step]);
  }
  return runs.flatMap((run) => (run.length >= groupFrom ? [run] : run.map((step) => [step])));
}

function alike(a: PlanStep, b: PlanStep): boolean {
  const layer = (step: PlanStep): string => step.table.slice(0, step.table.indexOf('.'));
  return (
    layer(a) === layer(b) &&
    a.action === b.action &&
    a.detail === b.detail &&
    a.reason === b.reason &&
    a.columns === undefined &&
    b.columns === undefined &&
    a.action !== 'load'
  );
}

function lineOf(group: readonly PlanStep[], project: Project): Line {
  const [step] = group;
  if (step === undefined) return { name: '', action: '', detail: '', reason: '', note: '' };
  const { action, detail } = step;
  if (group.length === 1)
    return {
      name: step.table,
      action,
      detail,
      reason: step.reason,
      note: [originOf(step, project), expectedIn([step])].filter((word) => word !== '').join('   '),
      below: columnLines(step.columns ?? []),
    };
  const reason = step.reason.replace(/^(new table|new view|model)\b/, '$1s');
  return { name: `${step.table} … ${group.length - 1} more`, action, detail, reason, note: expectedIn(group) };
}

/** What some steps should take one after the other; '' where that is not known of each. */
function expectedIn(steps: readonly PlanStep[]): string {
  const [first] = steps;
  const seconds = steps.reduce((sum, { estimate }) => sum + (estimate.seconds ?? NaN), 0);
  if (first === undefined || Number.isNaN(seconds)) return '';
  const { action, estimate } = first;
  // What is loaded is told already.
  const isTold = steps.length > 1 || action !== 'full' || estimate.rows === undefined;
  return [...(isTold ? [] : [count(estimate.rows ?? 0, 'row')]), roughTime(seconds)].join(', ');
}

/** Where a new connection's rows come from. */
function originOf(step: PlanStep, project: Project): string {
  const table = project.tables.get(step.table);
  if (step.reason !== 'new source' || table?.kind !== 'source' || table.from.kind !== 'connection') return '';
  const url = project.connections.get(table.from.connection)?.url ?? '';
  return url.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*$/s, '');
}

function droppedLine(name: string, isView: boolean): Line {
  const detail = isView ? 'leaves the release' : 'leaves the release, its files stay';
  return { name, action: 'drop', detail, reason: 'not in the project', note: '' };
}

function publicationLine({ name, reason }: Plan['skippedPublications'][number]): Line {
  return { name, action: 'skip', detail: reason, reason: '', note: '' };
}

function aligned(lines: readonly Line[], tableWidth: number): readonly string[] {
  const longest = (pick: (line: Line) => string): number => Math.max(...lines.map((line) => pick(line).length));
  const name = Math.max(tableWidth, longest((line) => line.name) + 2);
  const action = Math.max(10, longest((line) => line.action) + 3);
  // A publication's reason stands in the detail column and may run on over the next.
  const detail = Math.max(0, ...lines.filter((line) => line.reason !== '').map((line) => line.detail.length)) + 3;
  const reason = longest((line) => line.reason) + 3;
  return lines.flatMap((line) => [
    `  ${line.name.padEnd(name)}${line.action.padEnd(action)}${line.detail.padEnd(detail)}${line.reason.padEnd(reason)}${line.note}`.trimEnd(),
    ...(line.below ?? []).map((text) => `      ${text}`),
  ]);
}

function nextSteps(plan: Plan, project: Project, command: string): readonly string[] {
  const held = plan.steps.filter((step) => step.action === 'held').length;
  const acts = plan.dropped.length > 0 || plan.steps.some((step) => !['skip', 'held', 'blocked'].includes(step.action));
  const about = plan.estimate === undefined ? '' : ` in about ${roughTime(plan.estimate.seconds)}`;
  const lines = acts ? [`nothing was changed · ${command} does this${about}`] : [];
  if (held > 0)
    lines.push(
      `${count(held, 'table')} held · ${commandIn(project, 'run --apply')} rebuilds ${held === 1 ? 'it' : 'them'}`,
    );
  return lines.length > 0 ? lines : ['nothing to do'];
}
