import { countRows } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import { columnsOf } from '../lake/relation.ts';
import type { MadeBy } from '../lake/release.ts';
import { obstacleIn } from '../plan/refresh/choice.ts';
import { spanOf } from '../plan/refresh/key-spans.ts';
import { inputsOfProof, relationNames } from '../plan/refresh/relations.ts';
import type { KeyCounts, SampledPass, SampleSize } from '../plan/refresh/sample.ts';
import { allKeys, chosenCounts, chosenKeys, samplePass } from '../plan/refresh/sample.ts';
import type { RowPart } from '../plan/refresh/script.ts';
import { rowScript } from '../plan/refresh/script.ts';
import type { ModelTable } from '../project/model.ts';
import type { FrozenMoment } from '../sql/clock.ts';
import type { ProvenInput, RefreshProof } from '../sql/refresh/proof.ts';
import type { BoundTable, RunContext } from './context.ts';
import { bindMentions, inputOf } from './mentions.ts';
import { proveOver } from './prove-models.ts';
import { readRows } from './read-rows.ts';
import type { ScratchRows } from './scratch-rows.ts';
import { withScratchRows } from './scratch-rows.ts';

/** A table as it was made, and what it was made of. */
export interface MadeTable {
  readonly model: ModelTable;
  readonly madeBy: MadeBy;
  readonly columns: readonly Column[];
  readonly table: BoundTable;
  readonly inputs: ReadonlyMap<string, BoundTable>;
  /** By input, sets of columns of which no two rows share the values. */
  readonly unique: ReadonlyMap<string, ProvenInput['unique']>;
  readonly moment: FrozenMoment;
}

/** Which keys were looked at. */
export interface SampledKeys {
  readonly by: readonly string[];
  readonly seed: number;
  /** Keys that the table has: how many of how many. */
  readonly keys: number;
  readonly of: number;
  /** Keys that only its inputs have, where a row of it may be missing; and which inputs these are. */
  readonly keysOfInputs: number;
  readonly ofInputs: number;
  readonly inputs: readonly string[];
}

/** The rows of some keys as they are, and as the model gives them: `side_before` and `side_after`. */
export interface SampledSides {
  readonly sampled: SampledKeys;
  readonly relations: readonly Relation[];
}

type SampleContext = Pick<RunContext, 'engine' | 'lake' | 'project' | 'signal'>;

/** By what a table can be sampled; or why it can not. */
export async function sampling(
  { engine, project }: SampleContext,
  { model, madeBy, columns, inputs, unique, moment }: MadeTable,
): Promise<
  | { readonly ok: true; readonly proof: RefreshProof; readonly pass: SampledPass }
  | { readonly ok: false; readonly why: string }
> {
  if (model.rows !== undefined) return { ok: false, why: 'TypeScript makes its rows' };
  if (model.history !== undefined) return { ok: false, why: 'it is a history' };
  const proven = new Map(
    model.inputs.map((name) => [
      name.toLowerCase(),
      { columns: columnsOf(inputOf(inputs, name).snapshot), unique: unique.get(name) ?? [] },
    ]),
  );
  const result = await proveOver(model, proven, { engine, moment, timezone: project.timezone });
  if (!result.ok) return result;
  const obstacle = obstacleIn(result.proof, madeBy.ties ?? {});
  if (obstacle !== undefined) return { ok: false, why: obstacle };
  const rowsOf = (name: string): number => countRows(inputOf(inputs, name).snapshot) ?? 0;
  const pass = samplePass(result.proof, { model, columns }, rowsOf);
  return pass === undefined
    ? { ok: false, why: `no column of it says which rows of ${model.inputs.join(', ')} a row is made of` }
    : { ok: true, proof: result.proof, pass };
}

/**
 * Lets something look at the rows of some keys, chosen by chance among those that the table has and those that its inputs have.
 * Undefined when that would be all of them.
 */
export async function withSample<T>(
  context: SampleContext,
  made: MadeTable,
  { proof, pass, size }: { readonly proof: RefreshProof; readonly pass: SampledPass; readonly size: SampleSize },
  act: (sides: SampledSides) => Promise<T>,
): Promise<T | undefined> {
  return await withScratchRows(context, async (scratch) => {
    const known = await everyKey(context, made, { proof, pass, seed: size.seed, scratch });
    const chosen = chosenCounts(size, known.counts);
    if (chosen.here === known.counts.here && chosen.elsewhere === known.counts.elsewhere) return undefined;
    const { columns, table, inputs } = made;
    const keys = await scratch.keep(relationNames.keys(0), {
      sql: chosenKeys(pass, chosen),
      relations: [known.relation],
      columns: known.relation.columns.slice(0, pass.keys.length),
    });
    const spans = [keys.relation.columns.map(({ name }) => spanOf(keys.stats[name]))];
    const ofInputs = new Map(inputsOfProof(proof).map((name) => [name, columnsOf(inputOf(inputs, name).snapshot)]));
    const script = rowScript(proof, [pass], { columns, spans, inputs: ofInputs });
    const target = await bindLakeTable(context.lake, 'target', table, { predicate: script.wantedOfTarget });
    const before: Relation = { name: 'side_before', kind: 'sql', columns, sql: script.concerned('target') };
    const [part] = script.rows;
    const after: Relation = { name: 'side_after', kind: 'sql', columns, sql: part?.sql ?? '', exact: true };
    return await act({
      sampled: {
        by: pass.keys.map(({ column }) => columns[column]?.name ?? ''),
        seed: size.seed,
        keys: chosen.here,
        of: known.counts.here,
        keysOfInputs: chosen.elsewhere,
        ofInputs: known.counts.elsewhere,
        inputs: pass.inputs,
      },
      relations: [
        keys.relation,
        ...(await inputsOf(context, made, { proof, part })),
        ...bindMentions(part?.mentions ?? [], inputs),
        target,
        before,
        after,
      ],
    });
  });
}

/** All keys in a file, and how many there are. */
async function everyKey(
  { lake, engine, project, signal }: SampleContext,
  { columns, table, inputs }: MadeTable,
  asked: {
    readonly proof: RefreshProof;
    readonly pass: SampledPass;
    readonly seed: number;
    readonly scratch: ScratchRows;
  },
): Promise<{ readonly relation: Relation; readonly counts: KeyCounts }> {
  const { proof, pass, seed, scratch } = asked;
  const relations = [await bindLakeTable(lake, relationNames.target, table)];
  for (const [number, name] of inputsOfProof(proof).entries())
    if (pass.inputs.includes(name))
      relations.push(await bindLakeTable(lake, relationNames.now(number), inputOf(inputs, name)));
  const { name, ...question } = allKeys(proof, pass, { columns, seed });
  const { relation } = await scratch.keep(name, { ...question, relations });
  const sql = `select count(*) filter (_here), count(*) filter (not _here) from ${name}`;
  const { rows } = await readRows(engine, { sql, relations: [relation], timezone: project.timezone }, signal);
  const [here = 0, elsewhere = 0] = (rows[0] ?? []).map(Number);
  return { relation, counts: { here, elsewhere } };
}

/** The inputs, without files that hold no row of these keys. */
async function inputsOf(
  { lake }: SampleContext,
  { inputs }: MadeTable,
  { proof, part }: { readonly proof: RefreshProof; readonly part: RowPart | undefined },
): Promise<readonly Relation[]> {
  const relations: Relation[] = [];
  for (const [number, name] of inputsOfProof(proof).entries()) {
    const wanted = part?.wanted.get(name);
    if (wanted !== undefined)
      relations.push(await bindLakeTable(lake, relationNames.now(number), inputOf(inputs, name), wanted));
  }
  return relations;
}
