import { LakeError } from '../core/errors.ts';
import { roughTime } from '../core/quantity.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { Release, ReleasedTable } from '../lake/release.ts';
import { isMadeOf, placeOf } from '../lake/release.ts';
import { median } from '../plan/usual.ts';
import type { SampleSize } from '../plan/refresh/sample.ts';
import type { ModelTable, ProjectTable } from '../project/model.ts';
import type { BoundTable, RunContext } from './context.ts';
import { dayIn, nowIso } from './context.ts';
import type { ComparedRows, RowDiff } from './diff-table.ts';
import { compareRows } from './diff-table.ts';
import { bindHistoryRows } from './history-rows.ts';
import { withMadeRows } from './made-rows.ts';
import { modelSql } from './model-sql.ts';
import { pastSteps } from './recent-steps.ts';
import type { MadeTable, SampledKeys } from './sample-table.ts';
import { sampling, withSample } from './sample-table.ts';

/** Whether a table is what making it again from the same versions of its inputs gives. */
export type MadeAgain =
  | ({ readonly state: 'equal' } & Extent)
  | ({ readonly state: 'different'; readonly rows: RowDiff } & Extent)
  | { readonly state: 'unknown'; readonly why: string };

/** How much of it was made again. */
interface Extent {
  /** The keys that were looked at; absent: all rows. */
  readonly sample?: SampledKeys;
  /** Why it was not sampled, though it should have been. */
  readonly whole?: string;
}

export interface VerifyWork {
  readonly context: Omit<RunContext, 'run'>;
  readonly release: Release;
  readonly table: ProjectTable;
  readonly masked: ReadonlySet<string>;
  /** Look at files and counts alone. */
  readonly quick: boolean;
  /** Some of the keys only; absent: all rows. */
  readonly sample?: SampleSize | undefined;
  /** How much time there is; what took longer before is not begun, and nothing is awaited longer. Absent: as much as it takes. */
  readonly withinMs?: number | undefined;
}

/** Makes a table again, or some of its rows, and compares. */
export async function madeAgain(work: VerifyWork, released: ReleasedTable, table: BoundTable): Promise<MadeAgain> {
  const { context, table: model, quick, withinMs } = work;
  if (model.kind !== 'model') return unknown('it is loaded, and not computed');
  if (quick) return unknown('only files and counts were looked at');
  if (model.stream !== undefined)
    return unknown(`it is a stream: what it made stays, whatever becomes of ${model.stream.follows}`);
  const { madeBy, columns } = released;
  if (madeBy?.fingerprint !== model.fingerprint || madeBy.rulesFingerprint !== model.rulesFingerprint)
    return unknown('the model has changed since it was made');
  if (model.facts.usesNow) return unknown('it reads now(), which was another moment');
  const signals = withinMs === undefined ? [] : [AbortSignal.timeout(Math.max(1, Math.ceil(withinMs)))];
  const timed = { ...work, context: { ...context, signal: AbortSignal.any([context.signal, ...signals]) } };
  try {
    const inputs = await inputsThen(timed, model, released);
    if (typeof inputs === 'string') return unknown(inputs);
    const { project, clock } = context;
    const moment = { day: madeBy.day ?? dayIn(project.timezone, clock.now()), nowIso: nowIso(context) };
    const unique = uniqueThen(work, model);
    return await compared(timed, { model, madeBy, columns, table, inputs, unique, moment });
  } catch (error) {
    if (!(error instanceof LakeError) || context.signal.aborted) throw error;
    if (timed.context.signal.aborted) return unknown('it takes longer than there was time');
    return unknown(`it cannot be made again: ${error.message}`);
  }
}

function unknown(why: string): MadeAgain {
  return { state: 'unknown', why };
}

async function compared(work: VerifyWork, made: MadeTable): Promise<MadeAgain> {
  const { context, sample: size } = work;
  if (size === undefined) return (await tooLong(work)) ?? (await wholly(work, made, {}));
  const found = await sampling(context, made);
  if (!found.ok) {
    const late = await tooLong(work);
    if (late?.state === 'unknown') return unknown(`it cannot be sampled: ${found.why}; ${late.why}`);
    return await wholly(work, made, { whole: found.why });
  }
  const again = await withSample(context, made, { ...found, size }, async ({ sampled, relations }) =>
    verdict(await compareRows({ ...comparison(work, made), relations }), { sample: sampled }),
  );
  return again ?? (await wholly(work, made, {}));
}

/** What says that there is no time to make all of it, by what that took when it was last done. */
async function tooLong({
  context,
  table,
  withinMs,
}: VerifyWork): Promise<Extract<MadeAgain, { state: 'unknown' }> | undefined> {
  if (withinMs === undefined) return undefined;
  const past = (await pastSteps(context.lake.state, table.name)).filter(({ strategy }) => strategy === 'full');
  const usualMs = past.length === 0 ? 0 : median(past.map(({ elapsedMs }) => elapsedMs));
  if (usualMs <= withinMs) return undefined;
  const [took, left] = [usualMs, withinMs].map((ms) => roughTime(ms / 1000));
  return { state: 'unknown', why: `all of it takes about ${took}, and there were ${left} left` };
}

async function wholly(work: VerifyWork, made: MadeTable, extent: Extent): Promise<MadeAgain> {
  const { context } = work;
  const { engine, lake, signal } = context;
  const { model, columns, moment, table } = made;
  const relations: Relation[] = [];
  const bind = model.history === undefined ? bindLakeTable : bindHistoryRows;
  for (const [name, input] of made.inputs) relations.push(...[await bind(lake, name, input)].flat());
  const before = await bindLakeTable(lake, 'side_before', table);
  const sql = await modelSql(engine, { model, columns, moment });
  const rows = await withMadeRows(context, { model, relations, moment, signal }, (read) =>
    compareRows({
      ...comparison(work, made),
      relations: [...read, before, { name: 'side_after', kind: 'sql', columns, sql, exact: true }],
    }),
  );
  return verdict(rows, extent);
}

function comparison({ context, masked }: VerifyWork, { model, columns }: MadeTable): Omit<ComparedRows, 'relations'> {
  const { engine, project, signal } = context;
  const key = model.history === undefined ? model.key : [...model.key, 'valid_from'];
  return { engine, timezone: project.timezone, signal, columns, key, masked, closely: true };
}

function verdict(rows: RowDiff, extent: Extent): MadeAgain {
  const isEqual = rows.added + rows.removed + rows.changed === 0;
  return isEqual ? { state: 'equal', ...extent } : { state: 'different', rows, ...extent };
}

/** The inputs at the versions that the table was made of; or why they cannot be had. */
async function inputsThen(
  { context: { lake }, release }: VerifyWork,
  model: ModelTable,
  { madeBy }: ReleasedTable,
): Promise<ReadonlyMap<string, BoundTable> | string> {
  const inputs = new Map<string, BoundTable>();
  for (const name of model.inputs) {
    const input = release.tables[name];
    const log = model.history === undefined ? undefined : input?.changes;
    // Which version of the change log was read is only known while the table itself is as it was.
    if (log !== undefined && !isMadeOf(madeBy, name, input)) return `${name} has gone on since`;
    const at = log ?? { path: placeOf(madeBy, name), version: madeBy?.inputs[name] };
    const snapshot = await lake.open(at.path, at.version);
    if (snapshot === undefined) return `version ${at.version ?? '?'} of ${name} is not there any more`;
    inputs.set(name, { path: at.path, snapshot });
  }
  return inputs;
}

/** Keys of inputs that were checked: of those that are defined as they were. */
function uniqueThen({ context, release }: VerifyWork, model: ModelTable): MadeTable['unique'] {
  return new Map(
    model.inputs.flatMap((name) => {
      const input = context.project.tables.get(name);
      const isKept = input?.kind === 'model' && input.modelKind === 'table' && input.key.length > 0;
      const isSame = isKept && release.tables[name]?.madeBy?.rulesFingerprint === input.rulesFingerprint;
      return isSame && release.tables[name]?.madeBy?.fingerprint === input.fingerprint
        ? [[name, [input.key]] as const]
        : [];
    }),
  );
}
