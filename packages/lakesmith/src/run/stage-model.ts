import type { Snapshot } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import { storageOf } from '../core/storage-settings.ts';
import type { Relation } from '../engine/engine.ts';
import { noticeFunction } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import { pathOfTable } from '../lake/lake.ts';
import { madeUnder } from '../lake/made-under.ts';
import type { MadeBy } from '../lake/release.ts';
import { keptSince, placeOf } from '../lake/release.ts';
import type { StagedTable } from '../lake/staged.ts';
import { stageTable, withMadeBy } from '../lake/staged.ts';
import type { ModelTable } from '../project/model.ts';
import { largeTable, vectorWish } from '../plan/deletion-vectors.ts';
import type { PlanStep } from '../plan/plan.ts';
import { fewRows } from '../plan/refresh/choice.ts';
import { tookAfterFull } from '../plan/refresh/took.ts';
import type { BoundTable, RunContext } from './context.ts';
import { dayIn, momentOf, rowsOf } from './context.ts';
import { bindHistoryRows } from './history-rows.ts';
import { changesOf } from './load-changes.ts';
import { canNotice, isAsWritten, modelSql } from './model-sql.ts';

export interface ModelWork {
  readonly model: ModelTable;
  readonly step: PlanStep;
  readonly path: string;
  /** The contract. */
  readonly columns: readonly Column[];
  /** Every table that it may read, at the versions of this run. */
  readonly inputs: ReadonlyMap<string, BoundTable>;
  /** What is known of rows that are equal in an order. */
  readonly ties?: MadeBy['ties'];
  /** What its SELECT means; absent: that cannot be told. */
  readonly meaning?: MadeBy['meaning'];
}

/** The work, and the rows that its SQL reads. */
export type BoundWork = ModelWork & { readonly relations: readonly Relation[] };

/** A model's rows that are written. */
interface StagedModel {
  readonly staged: StagedTable;
  /** Rules took none out. False: they may have. */
  readonly isWhole: boolean;
}

/** Writes a model's rows, without those that its rules remove, and says what the table would be. */
export async function stageModel(context: RunContext, work: BoundWork): Promise<StagedModel> {
  const { model, step, relations } = work;
  const notices = canNotice(model);
  let isWhole = notices;
  const base = await context.lake.open(work.path);
  const append = step.strategy === 'append' && base !== undefined;
  const began = performance.now();
  const staged = await stageTable(context.lake, {
    table: model.name,
    path: work.path,
    base,
    mode: append ? 'append' : 'overwrite',
    query: {
      sql: await modelSql(context.engine, {
        ...work,
        moment: momentOf(context),
        ...(notices ? { notice: noticeFunction } : {}),
      }),
      relations,
      timezone: context.project.timezone,
    },
    columns: work.columns,
    storage: model.storage,
    ...(vectorWish(model, context.project.tables) === 'when-large' ? { vectorsFrom: largeTable } : {}),
    details: () => ({
      operation: append ? 'APPEND' : 'REFRESH',
      madeBy: { ...madeBy(context, work), ...sinceOf(step, base) },
    }),
    ...(notices ? { onNotice: () => void (isWhole = false) } : {}),
    signal: context.signal,
  });
  const took = append ? undefined : tookInFull(work, base, performance.now() - began);
  return { staged: took === undefined ? staged : withMadeBy(staged, { took }), isWhole };
}

/** What it took to make all of a table that may be made by parts as well: the next time it is weighed by that. */
function tookInFull({ model, inputs }: BoundWork, base: Snapshot | undefined, ms: number): MadeBy['took'] {
  const isPlain = model.modelKind === 'table' && model.rows === undefined && model.history === undefined;
  if (model.refresh !== 'auto' || !isPlain) return undefined;
  const made = base?.commitInfo?.['lakesmith'] as MadeBy | undefined;
  const before = made?.fingerprint === model.fingerprint ? made.took : undefined;
  const inputRows = model.inputs.reduce((sum, name) => sum + rowsOf(inputs.get(name)), 0);
  // Then nothing is weighed.
  return inputRows < fewRows ? undefined : tookAfterFull(before ?? {}, { ms, inputRows });
}

/** Of a table that gets other columns: the version from which on its rows are otherwise as they were. */
function sinceOf({ keeps }: PlanStep, base: Snapshot | undefined): Pick<MadeBy, 'since'> {
  if (keeps !== true || base === undefined) return {};
  return { since: keptSince(base.version, base.commitInfo?.['lakesmith'] as MadeBy | undefined) };
}

/** What the model's inputs are in this step: all of their rows, or those that are new. */
export async function stepRelations(context: RunContext, work: ModelWork): Promise<readonly Relation[]> {
  const isAppended = work.step.strategy === 'append' && (await context.lake.open(work.path)) !== undefined;
  return isAppended ? await newRows(context, work) : await inputRelations(context, work);
}

/** What goes into the commit and the release: enough to know later whether this has to be made again. */
export function madeBy(
  context: RunContext,
  { model, inputs, ties, meaning }: Pick<ModelWork, 'model' | 'inputs' | 'ties' | 'meaning'>,
): MadeBy {
  return {
    run: context.run,
    fingerprint: model.fingerprint,
    rulesFingerprint: model.rulesFingerprint,
    removingFingerprint: model.removingFingerprint,
    // The parts of plain SQL are the fingerprint.
    ...(isAsWritten(model) ? {} : { parts: model.parts }),
    inputs: Object.fromEntries(model.inputs.map((name) => [name, inputs.get(name)?.snapshot.version ?? -1])),
    ...placesOf(model, inputs),
    ...storageOf(model),
    ...(ties === undefined ? {} : { ties }),
    ...(meaning === undefined ? {} : { meaning }),
    under: madeUnder(context.engine, context.project.timezone),
    ...streamOf(model, inputs),
    ...(model.facts.usesClock ? { day: dayIn(context.project.timezone, context.clock.now()) } : { day: undefined }),
  };
}

/** The same rows once more, of another text or of inputs that have other columns. Whatever else is otherwise is for another step to see. */
export function madeAlike(
  context: RunContext,
  work: Pick<ModelWork, 'model' | 'inputs' | 'meaning'>,
  { parts: _, places: __, meaning: ___, ...before }: MadeBy,
): MadeBy {
  const { fingerprint, rulesFingerprint, inputs, ...now } = madeBy(context, work);
  const { parts, places, meaning } = now;
  return {
    ...before,
    run: context.run,
    fingerprint,
    rulesFingerprint,
    inputs,
    ...(parts === undefined ? {} : { parts }),
    ...(places === undefined ? {} : { places }),
    ...(meaning === undefined ? {} : { meaning }),
  };
}

function streamOf({ stream }: ModelTable, inputs: ModelWork['inputs']): Pick<MadeBy, 'stream'> {
  const id = stream === undefined ? undefined : inputs.get(stream.follows)?.snapshot.metadata.id;
  return stream === undefined || id === undefined ? {} : { stream: { follows: stream.follows, id } };
}

function placesOf({ inputs: names }: ModelTable, inputs: ModelWork['inputs']): Pick<MadeBy, 'places'> {
  const elsewhere = names.flatMap((name): [string, string][] => {
    const path = inputs.get(name)?.path;
    return path === undefined || path === pathOfTable(name) ? [] : [[name, path]];
  });
  return elsewhere.length === 0 ? {} : { places: Object.fromEntries(elsewhere) };
}

/** The model's inputs under their names; a history reads the change log of a table that has one. */
async function inputRelations(
  context: RunContext,
  { model, inputs }: Pick<ModelWork, 'model' | 'inputs'>,
): Promise<Relation[]> {
  const relations: Relation[] = [];
  for (const name of model.inputs) {
    const log = model.history === undefined ? undefined : inputs.get(changesOf(name));
    const table = log ?? inputs.get(name);
    if (table === undefined) continue;
    const bind = model.history === undefined ? bindLakeTable : bindHistoryRows;
    relations.push(...[await bind(context.lake, name, table)].flat());
  }
  return relations;
}

/** Only the rows that the input gained since this table was last made: for models that are right row by row. */
export async function newRows(context: RunContext, { model, inputs, path }: ModelWork): Promise<Relation[]> {
  const base = await context.lake.open(path);
  const made = base?.commitInfo?.['lakesmith'] as MadeBy | undefined;
  const relations: Relation[] = [];
  for (const name of model.inputs) {
    const table = inputs.get(name);
    const since = made?.inputs[name];
    if (table === undefined || since === undefined) continue;
    const before = await context.lake.open(placeOf(made, name), since);
    const fresh = new Map([...table.snapshot.files].filter(([key]) => !before?.files.has(key)));
    relations.push(
      await bindLakeTable(context.lake, name, { path: table.path, snapshot: { ...table.snapshot, files: fresh } }),
    );
  }
  return relations;
}
