import { LakeError, messageOf } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { ProgressListener, StepOutcome } from '../core/progress.ts';
import { countRows } from '@lakesmith/delta';
import { stageKept, stageStorage } from '../lake/change-storage.ts';
import type { MadeBy } from '../lake/release.ts';
import type { StagedTable } from '../lake/staged.ts';
import type { HeldTable } from '../lake/take-over.ts';
import { takeOver } from '../lake/take-over.ts';
import type { Plan, PlanStep } from '../plan/plan.ts';
import type { BoundProject, ModelTable, ProjectTable } from '../project/model.ts';
import { isFollowed } from '../project/stream.ts';
import { ColumnTags, maskedRows } from '../project/column-tags.ts';
import type { BoundTable, RunContext } from './context.ts';
import { momentOf } from './context.ts';
import { defineView } from './define-view.ts';
import type { Drafts } from './drafts.ts';
import { DraftBook } from './drafts.ts';
import type { StepRecord } from './journal.ts';
import { loadSource } from './load.ts';
import { changesOf } from './load-changes.ts';
import type { Sighting } from './observe.ts';
import { nothingRemoved } from './take-out.ts';
import { meaningOf } from './meanings.ts';
import { madeAlike, madeBy } from './stage-model.ts';
import { stageReference } from './stage-reference.ts';
import { emptyRecord } from './step-record.ts';
import type { JudgedStep } from './judge-step.ts';
import { AuditFailure, judgeStep } from './judge-step.ts';
import type { HearWay } from './model-staging.ts';
import { ModelStaging } from './model-staging.ts';

/** What a run has done when all its steps have ended and nothing of silver and gold is committed yet: what is to be committed together. */
export interface Execution extends Drafts {
  readonly steps: readonly StepRecord[];
  /** Tables to commit with the others, whose rows are as they were. */
  readonly altered: readonly StagedTable[];
  /** What steps made that failed. */
  readonly refused: Drafts;
  /** Every table of the run at its version after the run. */
  readonly tables: ReadonlyMap<string, BoundTable>;
}

/** What steps are done with. */
export interface StepsWork {
  readonly context: RunContext;
  readonly bound: BoundProject;
  readonly sighting: Sighting;
  readonly emit: ProgressListener;
  /** Gets the record of each step when it ends: also of a run that does not come to its end. */
  readonly record: (step: StepRecord) => void;
}

/** Does steps one by one, and keeps what they made and what became of each. */
export class StepResults {
  readonly #work: StepsWork;
  readonly #tags: ColumnTags;
  readonly #staging: ModelStaging;
  readonly #tables = new Map<string, BoundTable>();
  readonly #drafts = new DraftBook();
  readonly #altered: StagedTable[] = [];
  readonly #records = new Map<string, StepRecord>();

  constructor(work: StepsWork) {
    this.#work = work;
    this.#tags = new ColumnTags(work.bound);
    this.#staging = new ModelStaging(work.context, work.bound, this.#drafts, this.#altered);
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
    let way: Partial<StepRecord> = {};
    const hear: HearWay = (more) => (way = { ...way, ...more });
    try {
      this.#work.context.signal.throwIfAborted();
      const done = await this.#act(step, hear);
      return { ...idle, ...way, ...done, status: 'done' };
    } catch (error) {
      if (this.#work.context.signal.aborted) throw error;
      const code = error instanceof LakeError ? error.code : 'LS9001';
      const failed: StepRecord = { ...idle, ...way, status: 'failed', error: { code, message: messageOf(error) } };
      if (!(error instanceof AuditFailure)) return failed;
      const { columns, rows } = maskedRows(error.evidence, this.#tags.masked(step.table));
      const judged = { ...failed, quality: error.quality };
      return rows.length === 0 ? judged : { ...judged, evidence: { columns, rows } };
    }
  }

  async #act(step: PlanStep, hear: HearWay): Promise<Partial<StepRecord>> {
    const { context, sighting } = this.#work;
    const table = context.project.tables.get(step.table);
    if (table === undefined) throw new LakeError('LS9001', `${step.table} is not in the project.`);
    if (table.kind === 'model' && table.modelKind === 'view') return await this.#define(step, table);
    if (table.kind === 'model' && (step.strategy === 'judged' || step.strategy === 'same'))
      return await this.#keepRows(step, table);
    if (step.action === 'alter') return await this.#alter(table);
    const path = await takeOver(context.lake, {
      table: step.table,
      path: sighting.paths.get(step.table) ?? '',
      // Rows come to those that are there, and a stream goes on from them; all others are made whole.
      keeps:
        table.kind === 'source' || step.action === 'incremental' || isFollowed(step.table, context.project)
          ? this.#held(step.table)
          : [],
      run: context.run,
    });
    if (table.kind !== 'source') return await this.#make(step, { table, path, hear });
    const source = sighting.sources.get(step.table);
    if (source === undefined) throw new LakeError('LS9001', `${step.table} was not looked at.`);
    let judged: Partial<StepRecord> = {};
    const loading = await loadSource(context, { table, path, sighting: source }, async (staged) => {
      judged = await this.#judge({ step, table, columns: source.columns, staged, removed: [] });
    });
    const { rows, added, unit, loaded, table: bound } = loading;
    this.#tables.set(step.table, bound);
    if (source.log !== undefined) await this.#open(changesOf(step.table), changesOf(path));
    return { rows, rowsAdded: added, unit, loaded, version: bound.snapshot.version, ...judged };
  }

  async #make(
    step: PlanStep,
    { table, path, hear }: { readonly table: ProjectTable; readonly path: string; readonly hear: HearWay },
  ): Promise<Partial<StepRecord>> {
    const { context, bound, sighting } = this.#work;
    if (table.kind === 'source') throw new LakeError('LS9001', `${table.name} is a source.`);
    const columns = columnsOf(table, bound);
    const work = { step, path, columns, inputs: this.#tables };
    const { staged, broken, removed } =
      table.kind === 'reference'
        ? {
            staged: this.#drafts.addTable(await stageReference(context, table, path, columns)),
            ...nothingRemoved,
          }
        : await this.#staging.stage({ ...work, model: table, ...(await this.#meaningOf(table)) }, hear);
    const own: BoundTable = { path, snapshot: staged.snapshot };
    const judged = await this.#judge({ step, table, columns, staged, removed });
    this.#tables.set(table.name, own);
    const before = sighting.tables.get(table.name)?.rows ?? 0;
    const rows = countRows(staged.snapshot) ?? 0;
    return {
      rows,
      rowsAdded: rows - before,
      version: staged.snapshot.version,
      inputs: table.kind === 'model' ? madeBy(context, { model: table, inputs: this.#tables }).inputs : {},
      ...judged,
      quarantined: broken?.rows ?? 0,
    };
  }

  /** The same rows under other settings: nothing of them is judged again, and nothing made of them again. */
  async #alter({ name, storage }: ProjectTable): Promise<Partial<StepRecord>> {
    const { context } = this.#work;
    const before = this.#tables.get(name);
    if (before === undefined) throw new LakeError('LS9001', `${name} is to be altered, and is not there.`);
    const { path, snapshot: base } = before;
    const staged = await stageStorage(context.lake, { table: name, path, base, storage, signal: context.signal });
    if (staged !== undefined) {
      this.#tables.set(name, { path, snapshot: staged.snapshot });
      this.#altered.push(staged);
    }
    return { rows: countRows(base) ?? 0, version: staged?.snapshot.version ?? base.version };
  }

  /** The same rows of another text, or under other rules: then they are read once. Nothing is made of them again. */
  async #keepRows(step: PlanStep, model: ModelTable): Promise<Partial<StepRecord>> {
    const { context, bound } = this.#work;
    const before = this.#tables.get(model.name);
    const made = before?.snapshot.commitInfo?.['lakesmith'] as MadeBy | undefined;
    if (before === undefined || made === undefined)
      throw new LakeError('LS9001', `${model.name} is to keep its rows, and is not there.`);
    const { path, snapshot: base } = before;
    const now = madeAlike(context, { model, inputs: this.#tables, ...(await this.#meaningOf(model)) }, made);
    const { name, storage } = model;
    const staged = await stageKept(context.lake, {
      table: name,
      path,
      base,
      storage,
      madeBy: now,
      signal: context.signal,
    });
    const columns = columnsOf(model, bound);
    const judged =
      step.strategy === 'judged' ? await this.#judge({ step, table: model, columns, staged, removed: [] }) : {};
    this.#tables.set(model.name, { path, snapshot: staged.snapshot });
    this.#altered.push(staged);
    return { rows: countRows(base) ?? 0, version: staged.snapshot.version, inputs: now.inputs, ...judged };
  }

  async #meaningOf(model: ModelTable): Promise<Pick<MadeBy, 'meaning'>> {
    const { context, bound } = this.#work;
    const meaning = await meaningOf(model, { bound, engine: context.engine, moment: momentOf(context) });
    return typeof meaning === 'string' ? {} : { meaning };
  }

  /** A view has no rows of its own; what would be its rows is judged. */
  async #define(step: PlanStep, model: ModelTable): Promise<Partial<StepRecord>> {
    const { context, bound } = this.#work;
    const columns = columnsOf(model, bound);
    const view = await defineView(context, { model, columns, inputs: this.#tables });
    this.#drafts.addView(model.name, view);
    const judged = await this.#judge({ step, table: model, columns, staged: undefined, removed: [] });
    return { unit: 'view', inputs: view.madeBy.inputs, ...judged };
  }

  async #judge(work: Omit<JudgedStep, 'tables'>): ReturnType<typeof judgeStep> {
    return await judgeStep(this.#work.context, this.#work.bound, { ...work, tables: this.#tables });
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
    const steps = plan.steps.flatMap((step) => this.#records.get(step.table) ?? []);
    const ended = (wanted: StepRecord['status']): readonly string[] =>
      steps.flatMap(({ table, status }) => (status === wanted ? [table] : []));
    return {
      steps,
      ...this.#drafts.of(ended('done')),
      altered: this.#altered,
      refused: this.#drafts.of(ended('failed')),
      tables: this.#tables,
    };
  }
}

function columnsOf({ name }: ProjectTable, { schemas }: BoundProject): readonly Column[] {
  const columns = schemas.get(name);
  if (columns === undefined)
    throw new LakeError('LS2001', `${name} cannot be made: a source that it reads has nothing to load yet.`);
  return columns;
}
