import { LakeError, messageOf } from '../core/errors.ts';
import type { ProgressListener, StepOutcome } from '../core/progress.ts';
import { countRows } from '@lakesmith/delta';
import type { StagedTable } from '../lake/staged.ts';
import type { HeldTable } from '../lake/take-over.ts';
import { takeOver } from '../lake/take-over.ts';
import type { Plan, PlanStep } from '../plan/plan.ts';
import { inputsOf } from '../project/graph.ts';
import type { BoundProject, ProjectTable } from '../project/model.ts';
import { ColumnTags, maskedRows } from '../project/column-tags.ts';
import { auditTable } from './audit.ts';
import type { BoundTable, RunContext } from './context.ts';
import type { QualityResult, StepRecord } from './journal.ts';
import { loadSource } from './load.ts';
import { changesOf } from './load-changes.ts';
import type { Sighting } from './observe.ts';
import type { BrokenRows } from './quarantine.ts';
import { stageBrokenRows } from './quarantine.ts';
import { withOrigins } from './evidence-origins.ts';
import { judgeRemoved } from './removed-rows.ts';
import type { ModelWork } from './stage-model.ts';
import { inputRelations, madeBy, newRows, stageModel } from './stage-model.ts';
import { stageReference } from './stage-reference.ts';
import type { Evidence } from './audit.ts';

/** What a run has done when all its steps have ended and nothing of silver and gold is committed yet. */
export interface Execution {
  readonly steps: readonly StepRecord[];
  /** Tables to commit together. */
  readonly staged: readonly StagedTable[];
  readonly broken: readonly BrokenRows[];
  /** Every table of the run at its version after the run. */
  readonly tables: ReadonlyMap<string, BoundTable>;
}

interface Work {
  readonly context: RunContext;
  readonly bound: BoundProject;
  readonly sighting: Sighting;
  readonly emit: ProgressListener;
  /** Gets the record of each step when it ends: also of a run that does not come to its end. */
  readonly record: (step: StepRecord) => void;
}

/** A step that a broken rule or check stopped; the rows that show it come along. */
class AuditFailure extends LakeError {
  readonly evidence: Evidence;
  readonly quality: readonly QualityResult[];
  constructor(evidence: Evidence, quality: readonly QualityResult[]) {
    super(evidence.kind === 'key' ? 'LS2202' : 'LS2201', evidence.message);
    this.evidence = evidence;
    this.quality = quality;
  }
}

/** Does the steps of a plan, in parallel where the graph allows. A failed step blocks what is made from it, nothing else. */
export async function execute(work: Work, plan: Plan, parallel: number): Promise<Execution> {
  const results = new Results(work);
  await results.openUntouched();
  const outcomes = new Map<string, StepOutcome['status']>();
  const running = new Map<string, Promise<void>>();
  const waiting = plan.steps.filter((step) => step.action !== 'skip');
  const started = new Set<string>();
  const isSettled = (name: string): boolean => !waiting.some((step) => step.table === name) || outcomes.has(name);
  while (outcomes.size < waiting.length) {
    for (const step of waiting) {
      if (running.size >= parallel || started.has(step.table) || !step.after.every(isSettled)) continue;
      started.add(step.table);
      running.set(
        step.table,
        results.perform(step, blockerOf(step, outcomes)).then((status) => {
          outcomes.set(step.table, status);
          running.delete(step.table);
        }),
      );
    }
    if (running.size === 0) throw new LakeError('LS9001', 'The plan has steps that wait for each other.');
    try {
      await Promise.race(running.values());
    } catch (error) {
      // Who stops a run may take it for still: nothing of it must be at work behind its back.
      await Promise.allSettled(running.values());
      throw error;
    }
  }
  return results.finish(plan);
}

function blockerOf(step: PlanStep, outcomes: ReadonlyMap<string, StepOutcome['status']>): string | undefined {
  if (step.action === 'blocked') return step.blockedBy ?? step.after[0];
  return step.after.find((name) => outcomes.has(name) && outcomes.get(name) !== 'done');
}

class Results {
  readonly #work: Work;
  readonly #tags: ColumnTags;
  readonly #tables = new Map<string, BoundTable>();
  readonly #staged: StagedTable[] = [];
  readonly #broken: BrokenRows[] = [];
  readonly #records = new Map<string, StepRecord>();

  constructor(work: Work) {
    this.#work = work;
    this.#tags = new ColumnTags(work.bound);
  }

  /** Tables that this run reads and does not make: as the plan saw them. */
  async openUntouched(): Promise<void> {
    const { context, sighting } = this.#work;
    for (const [name, state] of sighting.tables) {
      const path = sighting.paths.get(name);
      if (path === undefined) continue;
      await this.#open(name, path, state.version);
      const follows = context.project.tables.get(name);
      if (follows?.kind !== 'source' || follows.from.kind !== 'connection') continue;
      const log = sighting.release?.tables[name]?.changes;
      await this.#open(changesOf(name), changesOf(path), context.lake.owns(path) ? undefined : log?.version);
    }
  }

  async #open(name: string, path: string, version?: number): Promise<void> {
    const snapshot = await this.#work.context.lake.open(path, version);
    if (snapshot !== undefined) this.#tables.set(name, { path, snapshot });
  }

  async perform(step: PlanStep, blockedBy: string | undefined): Promise<StepOutcome['status']> {
    const { emit } = this.#work;
    const startedMs = performance.now();
    const record = await this.#attempt(step, blockedBy);
    const done: StepRecord = { ...record, elapsedMs: performance.now() - startedMs };
    this.#records.set(step.table, done);
    this.#work.record(done);
    emit({ kind: 'step-finished', table: step.table, outcome: done });
    return done.status;
  }

  async #attempt(step: PlanStep, blockedBy: string | undefined): Promise<StepRecord> {
    const idle = emptyRecord(step);
    if (step.action === 'held') return { ...idle, status: 'held' };
    if (blockedBy !== undefined) return { ...idle, status: 'blocked', blockedBy };
    this.#work.emit({ kind: 'step-started', table: step.table, action: step.action });
    try {
      this.#work.context.signal.throwIfAborted();
      return { ...idle, ...(await this.#act(step)), status: 'done' };
    } catch (error) {
      if (this.#work.context.signal.aborted) throw error;
      const code = error instanceof LakeError ? error.code : 'LS9001';
      const failed: StepRecord = { ...idle, status: 'failed', error: { code, message: messageOf(error) } };
      if (!(error instanceof AuditFailure)) return failed;
      const { columns, rows } = maskedRows(error.evidence, this.#tags.masked(step.table));
      const judged = { ...failed, quality: error.quality };
      return rows.length === 0 ? judged : { ...judged, evidence: { columns, rows } };
    }
  }

  async #act(step: PlanStep): Promise<Partial<StepRecord>> {
    const { context, sighting } = this.#work;
    const table = context.project.tables.get(step.table);
    if (table === undefined) throw new LakeError('LS9001', `${step.table} is not in the project.`);
    const path = await takeOver(context.lake, {
      table: step.table,
      path: sighting.paths.get(step.table) ?? '',
      // Rows come to those that are there; all others are made whole.
      keeps: table.kind === 'source' || step.strategy === 'append' ? this.#held(step.table) : [],
      run: context.run,
    });
    if (table.kind !== 'source') return await this.#make(step, table, path);
    const source = sighting.sources.get(step.table);
    if (source === undefined) throw new LakeError('LS9001', `${step.table} was not looked at.`);
    const { rows, added, unit, loaded, table: bound } = await loadSource(context, table, path, source);
    this.#tables.set(step.table, bound);
    if (source.log !== undefined) await this.#open(changesOf(step.table), changesOf(path));
    return { rows, rowsAdded: added, unit, loaded, version: bound.snapshot.version };
  }

  async #make(step: PlanStep, table: ProjectTable, path: string): Promise<Partial<StepRecord>> {
    const { context, bound, sighting } = this.#work;
    if (table.kind === 'source') throw new LakeError('LS9001', `${table.name} is a source.`);
    const columns = bound.schemas.get(table.name);
    if (columns === undefined)
      throw new LakeError('LS2001', `${table.name} cannot be made: a source that it reads has nothing to load yet.`);
    const work = { step, path, columns, inputs: this.#tables };
    const staged =
      table.kind === 'reference'
        ? await stageReference(context, table, path, columns)
        : await stageModel(context, { ...work, model: table });
    const { broken, quality: removed } =
      table.kind === 'reference' ? nothingRemoved : await this.#remove({ ...work, model: table }, staged.rowsWritten);
    const own: BoundTable = { path, snapshot: staged.snapshot };
    const audit = await auditTable(context, {
      table: table.name,
      // Of a history the key names many versions, one for each time.
      key: table.kind === 'model' && table.history !== undefined ? [...table.key, 'valid_from'] : table.key,
      rules: table.rules,
      checks: table.checks,
      // A check may read what the SELECT reads too.
      auditInputs: inputsOf(table),
      tables: new Map([...this.#tables, [table.name, own]]),
      columns,
    });
    if (audit.failure !== undefined) {
      const tables = new Map([...this.#tables, [table.name, own]]);
      const world = { project: context.project, lake: context.lake, open: async (name: string) => tables.get(name) };
      throw new AuditFailure(
        { ...audit.failure, ...(await withOrigins(world, { table: table.name, key: table.key }, audit.failure)) },
        [...removed, ...audit.quality],
      );
    }
    this.#tables.set(table.name, own);
    this.#staged.push(staged);
    if (broken !== undefined) this.#broken.push(broken);
    const before = sighting.tables.get(table.name)?.rows ?? 0;
    const rows = countRows(staged.snapshot) ?? 0;
    return {
      rows,
      rowsAdded: rows - before,
      version: staged.snapshot.version,
      inputs: table.kind === 'model' ? madeBy(context, { model: table, inputs: this.#tables }).inputs : {},
      quality: [...removed, ...audit.quality],
      quarantined: broken?.rows ?? 0,
      warnings: Object.fromEntries(
        audit.quality
          .filter((result) => result.severity === 'warn' && result.broken > 0)
          .map((result) => [result.name, result.broken]),
      ),
    };
  }

  /** Puts aside the rows that rules take out, and counts them; fails when one takes out more than it may. */
  async #remove(
    work: ModelWork,
    kept: number,
  ): Promise<{ broken: BrokenRows | undefined; quality: readonly QualityResult[] }> {
    const { context } = this.#work;
    const { model, step } = work;
    if (!model.rules.some(({ severity }) => severity === 'drop' || severity === 'quarantine')) return nothingRemoved;
    const scope = step.strategy === 'append' ? 'new' : 'all';
    const relations = scope === 'new' ? await newRows(context, work) : await inputRelations(context, work);
    const broken = await stageBrokenRows(context, { ...work, scope, relations });
    const { quality, failure } = await judgeRemoved(context, { model, relations, kept, broken });
    if (failure === undefined) return { broken, quality };
    throw new AuditFailure({ kind: 'rule', message: failure.message, columns: [], rows: [] }, quality);
  }

  /** The table and its companions, as the run sees them. */
  #held(name: string): readonly HeldTable[] {
    const table = this.#tables.get(name);
    const log = this.#tables.get(changesOf(name));
    return [
      ...(table === undefined ? [] : [{ snapshot: table.snapshot, ending: '' }]),
      ...(log === undefined ? [] : [{ snapshot: log.snapshot, ending: changesOf('') }]),
    ];
  }

  finish(plan: Plan): Execution {
    return {
      steps: plan.steps.flatMap((step) => this.#records.get(step.table) ?? []),
      staged: this.#staged,
      broken: this.#broken,
      tables: this.#tables,
    };
  }
}

const nothingRemoved: { readonly broken: undefined; readonly quality: readonly QualityResult[] } = {
  broken: undefined,
  quality: [],
};

function emptyRecord(step: PlanStep): StepRecord {
  return {
    table: step.table,
    action: step.action,
    strategy: step.strategy,
    reason: step.reason,
    status: 'done',
    rows: 0,
    rowsAdded: 0,
    unit: 'rows',
    elapsedMs: 0,
    quarantined: 0,
    warnings: {},
    inputs: {},
    quality: [],
    loaded: [],
  };
}
