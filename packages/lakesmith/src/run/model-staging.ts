import { countRows } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { StagedTable } from '../lake/staged.ts';
import { withMadeBy } from '../lake/staged.ts';
import { commandIn } from '../project/command-line.ts';
import type { BoundProject, Project } from '../project/model.ts';
import type { RunContext } from './context.ts';
import { momentOf } from './context.ts';
import { tiesOfModel } from './count-ties.ts';
import type { DraftBook } from './drafts.ts';
import { takenOfRefreshed } from './follow-refused.ts';
import type { StepRecord } from './journal.ts';
import { AuditFailure } from './judge-step.ts';
import { withMadeRows } from './made-rows.ts';
import { refreshModel } from './refresh-model.ts';
import type { ModelWork } from './stage-model.ts';
import { stageModel, stepRelations } from './stage-model.ts';
import type { StreamWork } from './stage-stream.ts';
import { lostText, withStagedStream } from './stage-stream.ts';
import type { Removed, Taken } from './take-out.ts';
import { takeOut } from './take-out.ts';

/** The rows of a model, and what its rules took out. */
type StagedModel = Removed & { readonly staged: StagedTable };

/** Hears how the rows are made where that is not what was planned, also when they are refused in the end. */
export type HearWay = (way: Partial<Pick<StepRecord, 'action' | 'strategy' | 'reason'>>) => void;

/** Makes the rows of models: by parts, as a stream, or all of them. */
export class ModelStaging {
  readonly #context: RunContext;
  readonly #bound: BoundProject;
  readonly #drafts: DraftBook;
  /** Tables of the run whose rows stay. */
  readonly #altered: readonly StagedTable[];

  constructor(context: RunContext, bound: BoundProject, drafts: DraftBook, altered: readonly StagedTable[]) {
    this.#context = context;
    this.#bound = bound;
    this.#drafts = drafts;
    this.#altered = altered;
  }

  /** Writes the rows of a model, and puts aside those that its rules take out. */
  async stage(work: ModelWork, hear: HearWay): Promise<StagedModel> {
    const { refresh: choice } = work.step;
    const { stream } = work.model;
    if (stream !== undefined && work.step.strategy === 'append')
      return await this.#stageStream({ ...work, stream }, hear);
    if (choice === undefined) return await this.#stageWhole(work);
    const context = this.#context;
    const refresh = { ...work, choice, staged: this.#staged() };
    const refreshed = await refreshModel(context, refresh);
    const whole = { ...work, step: { ...work.step, action: 'full', strategy: 'full' } } as const;
    if (refreshed.kind !== 'full') this.#drafts.addTable(refreshed.staged);
    if (refreshed.kind === 'full') {
      if (work.model.refresh === 'strict') throw strictError(this.#context.project, work.model.name, refreshed.why);
      hear({ action: 'full', strategy: 'full', reason: `${work.step.reason}; not by parts: ${refreshed.why}` });
      return await this.#stageWhole(whole);
    }
    hear({ strategy: refreshed.kind });
    const { staged } = refreshed;
    const { taken, told } = await takenOfRefreshed(context, { ...refresh, ...whole, bound: this.#bound });
    const kept = taken.kind === 'counted' ? refreshed.made : (countRows(staged.snapshot) ?? 0);
    if (told !== undefined) hear({ reason: `${work.step.reason}; ${told}` });
    return await this.#remove(whole, staged, { kept, taken });
  }

  /** Tables that this run has staged, by name. */
  #staged(): ReadonlyMap<string, StagedTable> {
    return new Map([...this.#drafts.tables, ...this.#altered.map((one) => [one.table, one] as const)]);
  }

  async #stageStream(work: ModelWork & Pick<StreamWork, 'stream'>, hear: HearWay): Promise<StagedModel> {
    const [context, bound] = [this.#context, this.#bound];
    return await withStagedStream(
      context,
      { ...work, bound, staged: this.#staged() },
      async ({ staged, parts, lost }) => {
        this.#drafts.addTable(staged);
        const taken = { kind: 'asked', scope: 'new', parts } as const;
        const told = lostText(lost, work.model);
        if (told !== '') hear({ reason: `${work.step.reason}; ${told}` });
        return await this.#remove(work, staged, { kept: staged.rowsWritten, taken });
      },
    );
  }

  async #stageWhole(work: ModelWork): Promise<StagedModel> {
    const context = this.#context;
    const { model } = work;
    const relations = await stepRelations(context, work);
    const rows = { model, relations, moment: momentOf(context), signal: context.signal };
    const ties = work.step.strategy === 'append' ? undefined : await tiesOfModel(context, this.#bound, work);
    return await withMadeRows(context, rows, async (read) => {
      const made = await stageModel(context, { ...work, ...(ties === undefined ? {} : { ties }), relations: read });
      const staged = this.#drafts.addTable(made.staged);
      const scope = work.step.strategy === 'append' ? 'new' : 'all';
      const taken: Taken = made.isWhole
        ? { kind: 'none', scope }
        : { kind: 'asked', scope, parts: [{ relations: read }] };
      return await this.#remove(work, staged, { kept: staged.rowsWritten, taken });
    });
  }

  /** Puts aside the rows that rules take out, and notes which they are; fails when one takes out more than it may. */
  async #remove(
    work: ModelWork,
    staged: StagedTable,
    about: { readonly kept: number; readonly taken: Taken },
  ): Promise<StagedModel> {
    const { failure, ...removed } = await takeOut(this.#context, work, about);
    if (removed.broken !== undefined) this.#drafts.addBroken(removed.broken);
    if (failure !== undefined)
      throw new AuditFailure({ kind: 'rule', message: failure.message, columns: [], rows: [] }, removed.removed);
    if (removed.stamp === undefined) return { staged, ...removed };
    return { staged: this.#drafts.addTable(withMadeBy(staged, { refused: removed.stamp })), ...removed };
  }
}

function strictError(project: Project, table: string, why: string): LakeError {
  const way = `change its SELECT, take "refresh: strict" away, or make it anew once: ${commandIn(project, `run ${table} --full`)}`;
  return new LakeError('LS2203', `${table} would have to be made anew: ${why}. It stays as it is; ${way}.`, {
    context: { table },
  });
}
