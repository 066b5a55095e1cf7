import type { LakeError } from '../core/errors.ts';
import { count } from '../core/quantity.ts';
import { renderDiagnostics } from '../project/diagnostic-text.ts';
import type { ComparedRelease, TableDiff } from '../run/diff-releases.ts';
import type { StepRecord } from '../run/journal.ts';
import type { ModelLaws } from '../run/laws/check-laws.ts';
import type { QualityChange } from '../run/quality-changes.ts';
import type { Standing } from '../run/standing.ts';
import type { TestOutcome } from '../run/test-model.ts';
import { cell, diffMarkdown } from './diff-text.ts';
import { areKept, lawSummary, renderLaws } from './law-text.ts';
import { standingText } from './quiet-text.ts';
import { grouped } from './render.ts';
import { hasPassed, renderFailure, testSummary } from './test-text.ts';

/** What `ci` has found, as far as it came. */
export interface CiReport {
  base: string;
  environment: string;
  /** Tables of the project, once it is known to be sound. */
  tables?: number;
  tests?: readonly TestOutcome[];
  /** Of what changed; undefined: none was asked for. */
  laws?: readonly ModelLaws[];
  steps?: readonly StepRecord[];
  standing?: Standing;
  quality?: readonly QualityChange[];
  diff?: { readonly before: ComparedRelease; readonly after: ComparedRelease; readonly tables: readonly TableDiff[] };
  /** Why it came no further. */
  error?: LakeError;
}

/** Tests that failed, models of which a law is broken, and tables that could not be made. */
export function failuresOf({ tests = [], laws = [], steps = [] }: CiReport): readonly string[] {
  const failed = tests.filter((test) => !hasPassed(test)).length;
  const lawless = laws.filter((model) => !areKept(model)).length;
  const broken = steps.filter(({ status }) => status === 'failed').length;
  return [
    ...(failed === 0 ? [] : [`${count(failed, 'test')} failed`]),
    ...(lawless === 0 ? [] : [`laws of ${count(lawless, 'model')} are broken`]),
    ...(broken === 0 ? [] : [`${count(broken, 'table')} could not be made`]),
  ];
}

/** The report for a pull request. */
export function ciMarkdown(report: CiReport): string {
  const { error, tables, tests = [], laws = [], steps = [], quality = [], diff } = report;
  const hasFailed = error !== undefined || failuresOf(report).length > 0;
  const rows = [
    ['check', tables === undefined ? '**failed**' : `ok, ${count(tables, 'table')}`],
    ...(report.tests === undefined ? [] : [['tests', testSummary(...splitTests(tests))]]),
    ...(report.laws === undefined ? [] : [['laws', lawsCell(laws)]]),
    ...(report.steps === undefined ? [] : [['tables', tablesCell(report)]]),
    ...(report.quality === undefined
      ? []
      : [['quality', quality.length === 0 ? 'nothing is broken that was not' : `**${quality.length} broken**`]]),
    ...(diff === undefined ? [] : [['compared with', `${diff.before.name} release ${diff.before.release.release}`]]),
  ];
  return [
    `## lakesmith ci: ${hasFailed ? 'failed' : 'passed'}`,
    table(['', ''], rows),
    ...(error === undefined ? [] : [fenced(renderDiagnostics(error.diagnostics))]),
    ...tests.filter((test) => !hasPassed(test)).map((test) => folded(test.file, renderFailure(test))),
    ...laws.filter((model) => !areKept(model)).map((model) => folded(`laws of ${model.table}`, renderLaws(model, []))),
    ...(steps.length === 0 ? [] : ['### Tables', table(['table', 'how', 'rows', 'why'], steps.map(stepCells))]),
    ...(quality.length === 0
      ? []
      : ['### Broken now', table(['table', 'rule', 'severity', 'broken', 'before'], quality.map(qualityCells))]),
    ...(diff === undefined ? [] : [diffMarkdown(diff.before, diff.after, diff.tables)]),
  ].join('\n\n');
}

/** The same for a program. */
export function ciJson(report: CiReport): unknown {
  const { base, environment, tables, tests, laws, steps, standing, quality, diff } = report;
  return {
    ok: failuresOf(report).length === 0,
    base,
    environment,
    tables,
    tests,
    laws,
    steps: steps?.map(({ loaded: _, ...step }) => step),
    standing,
    quality: quality?.map(({ table: name, now, before }) => ({ table: name, ...now, before: before ?? null })),
    diff: diff && { before: sideOf(diff.before), after: sideOf(diff.after), tables: diff.tables },
  };
}

function sideOf({ name, release }: ComparedRelease): unknown {
  return { name, release: release.release };
}

function splitTests(tests: readonly TestOutcome[]): [passed: number, failed: number] {
  const passed = tests.filter(hasPassed).length;
  return [passed, tests.length - passed];
}

function lawsCell(laws: readonly ModelLaws[]): string {
  const [summary = 'of what changed, none has tests that give it rows'] = lawSummary(laws);
  return summary.replace(/^laws: /, '');
}

function tablesCell({ steps = [], standing }: CiReport): string {
  const failed = steps.filter(({ status }) => status === 'failed').length;
  const stands = standing === undefined ? '' : standingText(standing);
  return failed === 0 ? stands : `**${failed} failed**, ${stands}`;
}

function stepCells({ table: name, action, status, rows, reason, error, blockedBy }: StepRecord): readonly string[] {
  const how = status === 'done' ? action : status === 'failed' ? '**failed**' : status;
  const why = error?.message ?? (blockedBy === undefined ? reason : `blocked by ${blockedBy}`);
  return [`\`${name}\``, how, status === 'done' ? grouped(String(rows)) : '', why];
}

/** A rule or check that is broken, in cells: table, name, severity, how much, and how much before. */
export function qualityCells({ table: name, now, before }: QualityChange): readonly string[] {
  const was = before === undefined ? 'not asked' : grouped(String(before));
  return [name, now.name, now.severity, grouped(`${now.broken} of ${now.rows}`), was];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function folded(title: string, text: string): string {
  return `<details><summary>${title}</summary>\n\n${fenced(text)}\n\n</details>`;
}

/** Text as it is, whatever is in it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
