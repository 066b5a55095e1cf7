import type { Predicate } from '@lakesmith/delta';
import { DeltaError, countRows } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { MadeBy } from '../lake/release.ts';
import type { RowReplacement } from '../lake/replace-rows.ts';
import { stageReplacement, stageSame } from '../lake/replace-rows.ts';
import type { StagedTable } from '../lake/staged.ts';
import { stageTable, withMadeBy } from '../lake/staged.ts';
import type { RefreshChoice, RefreshWays } from '../plan/refresh/choice.ts';
import { hasWay, takenWay, waysOf } from '../plan/refresh/choice.ts';
import type { StepSize } from '../plan/refresh/cost.ts';
import { expectedMs } from '../plan/refresh/cost.ts';
import type { FoldWay } from '../plan/refresh/fold-changes.ts';
import { isSummed } from '../plan/refresh/fold-changes.ts';
import type { KeyedPass } from '../plan/refresh/keyed.ts';
import type { LinearStep } from '../plan/refresh/linear.ts';
import { relationNames } from '../plan/refresh/relations.ts';
import type { RowPart, ScriptPart } from '../plan/refresh/script.ts';
import { linearScript } from '../plan/refresh/script.ts';
import { stretchPass } from '../plan/refresh/stretch.ts';
import type { TieCheck } from '../plan/refresh/ties.ts';
import { tookAfterPart } from '../plan/refresh/took.ts';
import { bagRows } from './bag-rows.ts';
import type { RunContext } from './context.ts';
import { tiesAmong } from './count-ties.ts';
import { foldGroups } from './fold-groups.ts';
import { keyedRows } from './keyed-rows.ts';
import { bindMentions } from './mentions.ts';
import type { InputChanges, ToldChanges } from './net-changes.ts';
import { inputChanges } from './net-changes.ts';
import type { Before, Changes } from './refresh-inputs.ts';
import { RefreshInputs } from './refresh-inputs.ts';
import { readRows } from './read-rows.ts';
import type { KeptRows } from './scratch-rows.ts';
import { withScratchRows } from './scratch-rows.ts';
import type { ModelWork } from './stage-model.ts';
import { madeBy } from './stage-model.ts';
import { sizeOfStep, whyAtOnceAlready } from './weigh-step.ts';

/** A table that was kept up by parts. */
interface RefreshedRows {
  readonly kind: 'same' | 'append' | 'bag' | 'fold' | 'keyed';
  readonly staged: StagedTable;
  /** So many rows were made on the way, of which some may have been there before. */
  readonly made: number;
}

/** What became of a table that was to be kept up by parts; `full`: it is to be made anew, and why. */
export type Refreshed = RefreshedRows | { readonly kind: 'full'; readonly why: string };

export interface RefreshWork extends ModelWork {
  readonly choice: RefreshChoice;
  /** Tables that this run has staged, by name. */
  readonly staged: ReadonlyMap<string, StagedTable>;
}

/** Brings a table up to its inputs by the cheapest way that is proven. Whatever fails on the way means that it is made anew. */
export async function refreshModel(context: RunContext, work: RefreshWork): Promise<Refreshed> {
  const base = await context.lake.open(work.path);
  const made = base?.commitInfo?.['lakesmith'] as MadeBy | undefined;
  if (base === undefined || made === undefined) return { kind: 'full', why: 'nothing was made before' };
  try {
    return await withScratchRows(context, (scratch) => new Refresh(context, work, { base, made, scratch }).run());
  } catch (error) {
    const isExpected = error instanceof LakeError || error instanceof DeltaError;
    if (!isExpected || context.signal.aborted) throw error;
    return { kind: 'full', why: error.message };
  }
}

class Refresh {
  readonly #context: RunContext;
  readonly #work: RefreshWork;
  readonly #before: Before;
  readonly #inputs: RefreshInputs;
  /** What all of it is weighed by; undefined: that is no choice. */
  #size: StepSize | undefined;
  /** What the way that is taken should take; undefined: it was not weighed. */
  #expectedMs: number | undefined;

  constructor(context: RunContext, work: RefreshWork, before: Before) {
    this.#context = context;
    this.#work = work;
    this.#before = before;
    this.#inputs = new RefreshInputs(context, { ...work, proof: work.choice.proof }, before);
  }

  async run(): Promise<Refreshed> {
    const began = performance.now();
    const done = await this.#refresh();
    if (this.#expectedMs === undefined || (done.kind !== 'fold' && done.kind !== 'keyed')) return done;
    const times = { ms: performance.now() - began, expectedMs: this.#expectedMs };
    const took = tookAfterPart(this.#before.made.took ?? {}, done.kind, times);
    return { ...done, staged: withMadeBy(done.staged, { took }) };
  }

  async #refresh(): Promise<Refreshed> {
    const { choice, model, path, columns } = this.#work;
    const told: ToldChanges[] = [];
    for (const input of choice.changed) {
      const one = await this.#inputs.told(input);
      if (one !== undefined) told.push(one);
    }
    const all = waysOf(choice.proof, new Set(told.map(({ input }) => input.name)), { model, columns });
    if (!choice.insists && told.length > 0) {
      const rowsOf = (input: string): number => this.#inputs.rowsOf(input);
      const step = { choice, path, columns, told, inputRows: this.#inputs.rows(), rowsOf };
      this.#size = sizeOfStep(step, this.#before);
      const about = { size: this.#size, ways: all, before: this.#before };
      const why = choice.stretch === undefined ? await whyAtOnceAlready(this.#context, step, about) : undefined;
      if (why !== undefined) return { kind: 'full', why };
    }
    const changes = new Map<string, InputChanges>();
    let ways: RefreshWays = {};
    const net = choice.stretch !== undefined || !isSummed(all) || told.some(({ isRewritten }) => isRewritten);
    for (const one of told) {
      const changed = await inputChanges(one, { net, scratch: this.#before.scratch });
      if (!changed.gains && !changed.loses) continue;
      changes.set(one.input.name, changed);
      ways = waysOf(choice.proof, new Set(changes.keys()), { model, columns });
      if (!hasWay(ways))
        return { kind: 'full', why: `no column of it says which rows of ${one.input.name} a row is made of` };
    }
    const { stretch } = choice;
    if (stretch !== undefined) {
      if (changes.size > 0 && ways.keyed === undefined)
        return { kind: 'full', why: 'no column of it says which rows are made of those that changed' };
      return await this.#keyed([...(ways.keyed ?? []), stretchPass(stretch)], changes);
    }
    if (changes.size === 0) return this.#same();
    const isAdded = [...changes.values()].every(({ loses }) => !loses);
    const way = takenWay(ways, isAdded);
    if (way === undefined) return { kind: 'full', why: 'rows went, and no column of it says which were made of them' };
    switch (way.kind) {
      case 'append':
        return await this.#append(way.steps, changes);
      case 'bag':
        return await this.#bag(way.steps, changes);
      case 'fold':
        return await this.#fold(way.way, changes, isAdded);
      case 'keyed':
        return await this.#keyed(way.passes, changes);
    }
  }

  #same(): RefreshedRows {
    const { model, path } = this.#work;
    const { base } = this.#before;
    const now = this.#madeBy();
    const staged = stageSame(this.#context.lake, { table: model.name, path, base, madeBy: now });
    return { kind: 'same', staged, made: 0 };
  }

  async #append(steps: readonly LinearStep[], changes: Changes): Promise<Refreshed> {
    const { choice, model, path, columns } = this.#work;
    const { base } = this.#before;
    const added: Relation[] = [];
    let rows = 0;
    for (const part of linearScript(choice.proof, steps, { changes: 'gained', columns })) {
      const kept = await this.#keep(part, changes);
      added.push(kept.relation);
      rows += kept.rows;
    }
    if (rows === 0) return this.#same();
    const { timezone } = this.#context.project;
    const staged = await stageTable(this.#context.lake, {
      table: model.name,
      path,
      base,
      mode: 'append',
      query: { sql: added.map(({ name }) => `select * from ${name}`).join(' union all '), relations: added, timezone },
      columns,
      storage: model.storage,
      details: () => ({ operation: 'APPEND', madeBy: this.#madeBy() }),
      signal: this.#context.signal,
    });
    return { kind: 'append', staged, made: rows };
  }

  async #fold(way: FoldWay, changes: Changes, isAdded: boolean): Promise<Refreshed> {
    const { choice, columns } = this.#work;
    if (this.#size !== undefined && way.passes.length === 0) this.#expectedMs = expectedMs(this.#size, 'fold', 0);
    const groups = await foldGroups(
      { proof: choice.proof, way, columns, isAdded },
      {
        inputs: this.#inputs,
        keep: (part, made) => this.#keep(part, changes, made),
        target: (predicate) => this.#target(predicate, relationNames.target),
        tied: (checks, made) => this.#tied(checks, changes, made),
        // Who insists on parts has them however many these are.
        rows: choice.insists ? undefined : (countRows(this.#before.base) ?? 0),
      },
    );
    if (groups.kind !== 'rows') return groups.kind === 'same' ? this.#same() : groups;
    return await this.#replace('fold', groups);
  }

  async #bag(steps: readonly LinearStep[], changes: Changes): Promise<Refreshed> {
    const { choice, columns } = this.#work;
    const rows = await bagRows(
      { proof: choice.proof, steps, columns },
      {
        keep: (part, made) => this.#keep(part, changes, made),
        target: (predicate) => this.#target(predicate),
      },
    );
    return rows.kind === 'same' ? this.#same() : await this.#replace('bag', rows);
  }

  async #keyed(passes: readonly KeyedPass[], changes: Changes): Promise<Refreshed> {
    const { choice, columns } = this.#work;
    const rows = await keyedRows(
      { choice, passes, columns, targetRows: countRows(this.#before.base) ?? 0, size: this.#size },
      {
        inputs: this.#inputs,
        keep: (part, made) => this.#keep(part, changes, made),
        target: (predicate) => this.#target(predicate),
        tied: (checks, made) => this.#tied(checks, changes, made),
        count: (sql, relations) => this.#count(sql, relations),
      },
    );
    if (rows.kind === 'full') return rows;
    this.#expectedMs = rows.expectedMs;
    const replaced = await this.#replace('keyed', rows);
    return { ...replaced, made: rows.made };
  }

  /** Whether rows of some keys are equal in an order and not otherwise: among those of others nothing has changed since there were none. */
  async #tied(checks: readonly TieCheck[], changes: Changes, made: readonly Relation[]): Promise<string | undefined> {
    const relationsOf = async (check: TieCheck): Promise<readonly Relation[]> =>
      await this.#inputs.of(check, changes, made);
    return await tiesAmong(this.#context, checks, { inputs: this.#work.inputs, relationsOf });
  }

  /** Puts rows in the place of others. */
  async #replace(
    kind: 'bag' | 'fold' | 'keyed',
    rows: Pick<RowReplacement, 'concerned' | 'fresh' | 'gone'>,
  ): Promise<RefreshedRows> {
    const { model, path } = this.#work;
    const { base, scratch } = this.#before;
    const staged = await stageReplacement(this.#context.lake, {
      ...rows,
      table: model.name,
      path,
      base,
      operation: 'REFRESH',
      madeBy: this.#madeBy(),
      folder: scratch.folder,
      signal: this.#context.signal,
    });
    return staged === undefined ? this.#same() : { kind, staged, made: staged.rowsWritten };
  }

  /** What was known of rows that are equal in an order goes on: there are none. So does what each way took. */
  #madeBy(): MadeBy {
    const { ties, took } = this.#before.made;
    const made = madeBy(this.#context, { ...this.#work, ...(ties === undefined ? {} : { ties }) });
    return took === undefined ? made : { ...made, took };
  }

  async #count(rowsSql: string, relations: readonly Relation[]): Promise<number> {
    const { engine, signal } = this.#context;
    const question = { sql: `select count(*) from (${rowsSql})`, relations, timezone: 'UTC' };
    const { rows } = await readRows(engine, question, signal);
    return Number(rows[0]?.[0] ?? 0);
  }

  /** The table as it was made, by this name in questions about its rows. */
  async #target(predicate: Predicate | undefined, name = 'target'): Promise<Relation> {
    const table = { path: this.#work.path, snapshot: this.#before.base };
    return await bindLakeTable(this.#context.lake, name, table, { predicate });
  }

  /** The rows of a part of a script, over the inputs and what was made before. */
  async #keep(part: ScriptPart | RowPart, changes: Changes, made: readonly Relation[] = []): Promise<KeptRows> {
    const { name, sql, columns, mentions } = part;
    const relations = [...(await this.#inputs.of(part, changes, made)), ...bindMentions(mentions, this.#work.inputs)];
    return await this.#before.scratch.keep(name, { sql, relations, columns });
  }
}
