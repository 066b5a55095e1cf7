import type { ProgressEvent, StepOutcome } from '../core/progress.ts';
import { keptDays } from '../lake/kept-run.ts';
import { namesIn } from '../lake/release.ts';
import { environmentOption } from '../project/command-line.ts';
import type { RunRecord, StepRecord } from '../run/journal.ts';
import { isCommitted } from '../run/journal.ts';
import type { RunResult } from '../run/run.ts';
import type { Standing } from '../run/standing.ts';
import type { LiveLine } from './live-line.ts';
import { quietLine, standingText } from './quiet-text.ts';
import { count } from '../core/quantity.ts';
import { pad, renderBytes, renderTable, seconds, widest } from './render.ts';

/**
 * Tells a run to a person. Steps end in any order; they are shown in the plan's order, each as soon as those before
 * it are shown, so that the same run always reads the same.
 */
export class RunReporter {
  readonly #print: (text: string) => void;
  readonly #outcomes = new Map<string, StepOutcome>();
  #waiting: string[] = [];
  /** Tables in a row that one failed table blocks; they are told in one line. */
  #blocked: { readonly by: string; readonly tables: string[] } | undefined;

  /** Tables at work, shown on a terminal's last line. */
  readonly #working = new Set<string>();
  readonly #live: LiveLine | undefined;

  constructor(print: (text: string) => void, live?: LiveLine) {
    this.#live = live;
    this.#print = (text) => {
      live?.clear();
      print(text);
    };
  }

  hear(event: ProgressEvent): void {
    this.#tell(event);
    if (event.kind === 'step-started') this.#working.add(event.table);
    if (event.kind === 'step-finished') this.#working.delete(event.table);
    if (this.#working.size > 0) this.#live?.show(`  … ${[...this.#working].join(', ')}`);
    else this.#live?.clear();
  }

  #tell(event: ProgressEvent): void {
    if (event.kind === 'run-started') {
      this.#waiting = [...event.tables];
      const tables = count(event.tables.length, 'table');
      this.#print(
        `run ${event.run} ─ ${tables}, ${event.parallel} at a time, ${renderBytes(event.memoryBytes)} memory\n`,
      );
    }
    if (event.kind !== 'step-finished') return;
    this.#outcomes.set(event.table, event.outcome);
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const outcome = this.#outcomes.get(next);
      if (outcome === undefined) return;
      this.#waiting.shift();
      if (outcome.status === 'blocked') this.#gather(next, outcome);
      else {
        this.#tellBlocked();
        this.#show(next, outcome);
      }
    }
  }

  #gather(table: string, outcome: StepOutcome): void {
    let by = outcome.blockedBy ?? 'another table';
    for (let next = this.#outcomes.get(by); next?.status === 'blocked'; next = this.#outcomes.get(by))
      by = next.blockedBy ?? 'another table';
    if (this.#blocked?.by !== by) {
      this.#tellBlocked();
      this.#blocked = { by, tables: [] };
    }
    this.#blocked.tables.push(table);
  }

  #tellBlocked(): void {
    const [first, ...more] = this.#blocked?.tables ?? [];
    if (first !== undefined) this.#print(`  ${pad(andMore(first, more), 24)}  blocked by ${this.#blocked?.by ?? ''}`);
    this.#blocked = undefined;
  }

  /** Says how it ended. */
  conclude(result: RunResult, elapsedMs: number, standing?: Standing): void {
    this.#tellBlocked();
    for (const intent of result.rolledForward)
      this.#print(`run ${intent.run} had died while committing; it was completed first`);
    if (result.record === undefined) {
      const tables = result.release === undefined ? 0 : namesIn(result.release).length;
      this.#print(quietLine(result.release?.release ?? 0, tables, elapsedMs));
    } else {
      this.#print('');
      this.#tellEnd(result, elapsedMs);
    }
    if (standing !== undefined) this.#print(`${runIn(result, standing)} ─ ${standingText(standing)}`);
    this.#tellOverwritten(result);
  }

  #show(table: string, outcome: StepOutcome): void {
    this.#print(stepLine(table, outcome));
    const { evidence } = outcome;
    if (evidence !== undefined) this.#print(renderTable(evidence.columns, evidence.rows).replaceAll(/^/gm, '     '));
  }

  #tellEnd({ plan, record, release, quarantined }: RunResult, elapsedMs: number): void {
    if (record === undefined) return;
    const failed = record.steps.filter((step) => step.status === 'failed');
    const missing = record.steps.filter((step) => step.status !== 'held' && !isCommitted(record, step));
    const shown = release === undefined ? [] : namesIn(release);
    if (record.release !== undefined) {
      this.#print(`release ${record.release} ─ ${count(shown.length, 'table')}, ${seconds(elapsedMs)}`);
      for (const table of plan.dropped)
        this.#print(`${table} is not in the project any more: it left the release, and its files stay in the lake`);
    }
    const warned = record.steps.some((step) => Object.keys(step.warnings).length > 0);
    const env = environmentOption(record.environment);
    const notes = [
      ...(quarantined > 0
        ? [`${count(quarantined, 'row')} ${quarantined === 1 ? 'is' : 'are'} in quarantine: lakesmith quarantine${env}`]
        : []),
      ...(warned ? [`warnings: lakesmith quality${env}`] : []),
    ];
    if (notes.length > 0) this.#print(notes.join('       '));
    if (failed.length > 0 || (record.release !== undefined && missing.length > 0))
      this.#tellMissing(record, missing, release?.release);
  }

  /** What readers have instead, and what to do about it. */
  #tellMissing(record: RunRecord, missing: readonly StepRecord[], release: number | undefined): void {
    const { run, kept = [] } = record;
    const [first, ...more] = missing.map(({ table }) => table);
    const seen =
      record.release !== undefined && first !== undefined
        ? `${andMore(first, more)}: readers see what they saw before`
        : release === undefined
          ? 'no release was made: there is nothing for readers yet'
          : `release ${release} stays what readers see`;
    this.#print(kept.length === 0 ? seen : `${seen}. The rejected rows are kept ${keptDays} days:`);
    if (!missing.some(({ status }) => status === 'failed')) return;
    const env = environmentOption(record.environment);
    const asked = missing.find(({ table, status }) => status === 'failed' && kept.includes(table))?.table ?? kept[0];
    const commands = [
      ...(asked === undefined
        ? []
        : [
            [
              `lakesmith query --run ${run} "select * from ${asked}"${env}`,
              'see what would have been published',
            ] as const,
          ]),
      [
        `lakesmith run --resume ${run}${env}`,
        `after a fix: only the ${missing.length === 1 ? 'table that is' : `${missing.length} tables that are`} missing`,
      ] as const,
    ];
    const width = widest(commands.map(([command]) => command)) + 5;
    for (const [command, why] of commands) this.#print(`  ${pad(command, width)}${why}`);
  }

  #tellOverwritten({ overwritten }: RunResult): void {
    for (const path of overwritten) this.#print(`! ${path} changed after it was loaded; it was not read again`);
  }
}

/** 'run 1 in vat', or 'vat' when nothing ran. */
function runIn({ record }: RunResult, { environment }: Standing): string {
  return record === undefined ? environment : `run ${record.run} in ${environment}`;
}

/** 'gold.sales', 'gold.sales … 5 more'. */
function andMore(first: string, more: readonly string[]): string {
  return more.length === 0 ? first : `${first} … ${more.length} more`;
}

function stepLine(table: string, outcome: StepOutcome): string {
  const name = `  ${pad(table, 24)}`;
  if (outcome.status === 'held') return `${name}  held: run with --apply to rebuild it`;
  if (outcome.status === 'failed') return `${name}  failed, nothing was committed     ${outcome.error?.message ?? ''}`;
  const notes = [
    ...Object.entries(outcome.warnings).map(([rule, broken]) => `   ! ${rule} ${broken}`),
    ...(outcome.quarantined > 0 ? [`   ⊘ ${outcome.quarantined} quarantined`] : []),
  ].join('');
  if (outcome.unit === 'view')
    return `${name}${pad('view', 29)}${pad(stepSeconds(outcome.elapsedMs), 9, true)}${notes}`;
  const rows = outcome.rows === 1 ? 'row ' : 'rows';
  const added = outcome.rowsAdded < 0 ? String(outcome.rowsAdded) : `+${outcome.rowsAdded}`;
  const unit = outcome.unit === 'changes' ? (outcome.rowsAdded === 1 ? ' change' : ' changes') : '';
  return `${name}${pad(String(outcome.rows), 7, true)} ${rows}${pad(added, 9, true)}${pad(unit, 8)}${pad(stepSeconds(outcome.elapsedMs), 9, true)}${notes}`;
}

function stepSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** A run for a program. */
export function runJson({ record, release, plan, overwritten }: RunResult, standing: Standing | undefined): unknown {
  return {
    ok: record === undefined || record.state === 'done',
    run: record?.run ?? null,
    release: release?.release ?? null,
    changed: record?.release !== undefined,
    steps: (record?.steps ?? []).map(({ loaded: _, ...step }) => step),
    skipped: plan.steps.filter((step) => step.action === 'skip').map((step) => step.table),
    dropped: plan.dropped,
    overwritten,
    ...(standing === undefined ? {} : { standing }),
  };
}
