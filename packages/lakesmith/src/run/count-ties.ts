import { LakeError } from '../core/errors.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { MadeBy } from '../lake/release.ts';
import { fewRows, mayBeUntied } from '../plan/refresh/choice.ts';
import { inputNumber, inputsOfProof, relationNames } from '../plan/refresh/relations.ts';
import type { TieCheck } from '../plan/refresh/ties.ts';
import { tieCheck, tiesIn } from '../plan/refresh/ties.ts';
import type { BoundProject, ModelTable } from '../project/model.ts';
import type { BoundTable, RunContext } from './context.ts';
import { momentOf, rowsOf } from './context.ts';
import { bindMentions, inputOf } from './mentions.ts';
import { proveModels } from './prove-models.ts';
import { readRows } from './read-rows.ts';

/** By part of a SELECT that depends on how equal rows stand ('row_number'), how many groups there are of them. */
type TieCounts = NonNullable<MadeBy['ties']>;

/**
 * Of a table that is made anew: whether it could be kept up by parts next time but for rows that are equal in an order. Asked where
 * that matters, since it takes a look at all rows; undefined: not asked.
 */
export async function tiesOfModel(
  context: RunContext,
  bound: BoundProject,
  { model, inputs }: { readonly model: ModelTable; readonly inputs: ReadonlyMap<string, BoundTable> },
): Promise<TieCounts | undefined> {
  const isPlain = model.modelKind === 'table' && model.rows === undefined && model.history === undefined;
  if (!isPlain || model.refresh === 'full') return undefined;
  const rows = model.inputs.reduce((sum, name) => sum + rowsOf(inputs.get(name)), 0);
  if (model.refresh === 'auto' && rows < fewRows) return undefined;
  const proofs = await proveModels([model.name], { bound, engine: context.engine, moment: momentOf(context) });
  const result = proofs.get(model.name);
  if (result?.ok !== true || !mayBeUntied(result.proof)) return undefined;
  const { proof } = result;
  const relations: Relation[] = [];
  for (const [number, name] of inputsOfProof(proof).entries())
    relations.push(await bindLakeTable(context.lake, relationNames.now(number), inputOf(inputs, name)));
  const all = (occurrence: number): string => `select * from ${relationNames.now(inputNumber(proof, occurrence))}`;
  const check = tieCheck(proof, all);
  try {
    return check === undefined
      ? undefined
      : await countTies(context, check, [...relations, ...bindMentions(check.mentions, inputs)]);
  } catch (error) {
    // What the question cannot be asked of is not known.
    if (!(error instanceof LakeError) || context.signal.aborted) throw error;
    return undefined;
  }
}

async function countTies(
  context: RunContext,
  { questions }: TieCheck,
  relations: readonly Relation[],
): Promise<TieCounts> {
  const firstCounts = await countAll(
    context,
    questions.flatMap(({ first }) => first ?? []),
    relations,
  );
  const next = firstCounts[Symbol.iterator]();
  const tied = questions.filter(({ first }) => first === undefined || next.next().value !== 0);
  const counts = await countAll(
    context,
    tied.map(({ sql }) => sql),
    relations,
  );
  return Object.fromEntries(questions.map((one) => [one.what, counts[tied.indexOf(one)] ?? 0]));
}

/** The numbers that these statements give, by one question. */
async function countAll(
  { engine, project, signal }: RunContext,
  statements: readonly string[],
  relations: readonly Relation[],
): Promise<readonly number[]> {
  if (statements.length === 0) return [];
  const sql = `select ${statements.map((one) => `(${one})`).join(', ')}`;
  const { rows } = await readRows(engine, { sql, relations, timezone: project.timezone }, signal);
  return statements.map((_, i) => Number(rows[0]?.[i]));
}

/** Where rows are equal in an order and not otherwise, what that says; undefined: they are not. */
export async function tiesAmong(
  context: RunContext,
  checks: readonly TieCheck[],
  {
    inputs,
    relationsOf,
  }: {
    readonly inputs: ReadonlyMap<string, BoundTable>;
    readonly relationsOf: (check: TieCheck) => Promise<readonly Relation[]>;
  },
): Promise<string | undefined> {
  for (const check of checks) {
    const relations = [...(await relationsOf(check)), ...bindMentions(check.mentions, inputs)];
    const tied = tiesIn(await countTies(context, check, relations));
    if (tied !== undefined) return tied;
  }
  return undefined;
}
