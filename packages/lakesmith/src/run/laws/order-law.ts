import { Dice } from '../../core/dice.ts';
import { LakeError } from '../../core/errors.ts';
import type { Relation } from '../../engine/engine.ts';
import { shortestStory } from '../../plan/laws/smaller-story.ts';
import type { Story, StoryState } from '../../plan/laws/story.ts';
import { crowdedStory, statesOf } from '../../plan/laws/story.ts';
import { obstacleText } from '../../plan/refresh/choice.ts';
import { proveModel } from '../prove-models.ts';
import { readRows } from '../read-rows.ts';
import { rowDifference } from '../row-difference.ts';
import { inputRows } from './keep-up.ts';
import { noted, testText } from './law-example.ts';
import { lawValue } from './law-values.ts';
import type { LawOutcome, LawWorld } from './law-world.ts';

const law = 'any order of arrival';
const mostTries = 80;
const orders = 3;

/** Whether the rows of a model are the same in whatever order those of its inputs came. */
export async function orderLaw(world: LawWorld): Promise<LawOutcome> {
  const { model, material } = world;
  if (model.rows !== undefined) return { law, state: 'untried', cases: 0, why: 'its rows are made by TypeScript' };
  const { isProven, why } = await doubts(world);
  // Of rows that are made up, more are equal in what is sorted by.
  const told = Array.from(
    { length: model.history === undefined ? Math.ceil(world.cases / 2) : 0 },
    (_, i) => world.seed + i,
  );
  let cases = 0;
  for (const seed of [undefined, ...told]) {
    const orderSeed = seed ?? world.seed;
    const story = crowdedStory(material.inputs, new Dice(orderSeed), seed === undefined ? 0 : 3);
    const difference = await differenceOf(world, story, orderSeed);
    if (difference === 'refused') continue;
    cases += 1;
    if (difference === undefined) continue;
    const isAsked = seed === undefined && material.test.arrival === 'any';
    const shortest = await shortestStory(
      story,
      async (one) => typeof (await differenceOf(world, one, orderSeed)) === 'object',
      mostTries,
    );
    const state = isProven || isAsked ? 'broken' : 'depends';
    return { law, state, cases, why, example: await orderExample(world, shortest, orderSeed), seed: orderSeed };
  }
  return { law, state: cases === 0 ? 'untried' : 'holds', cases, ...(isProven ? {} : { why }) };
}

/** What makes one doubt it; proven: nothing does. */
async function doubts(world: LawWorld): Promise<{ readonly isProven: boolean; readonly why: string }> {
  const { model, bound, engine, moment } = world;
  if (model.history !== undefined)
    return { isProven: false, why: 'of changes of one row at one moment, the one that came last counts' };
  const proof = await proveModel(model, { bound, engine, moment });
  if (!proof.ok) return { isProven: false, why: proof.why };
  const obstacle = proof.proof.obstacles.find(({ kind }) => kind !== 'rounding');
  return obstacle === undefined
    ? { isProven: true, why: 'nothing in its SELECT asks for an order, and its rows are others all the same' }
    : { isProven: false, why: obstacleText(obstacle) };
}

interface OrderDifference {
  readonly order: number;
  readonly state: StoryState;
  readonly missing: ReturnType<typeof rowDifference>['missing'];
  readonly unexpected: ReturnType<typeof rowDifference>['unexpected'];
}

/** The first order of the rows of a story that makes others than the order in which they are told. */
async function differenceOf(
  world: LawWorld,
  story: Story,
  seed: number,
): Promise<OrderDifference | 'refused' | undefined> {
  const { material, engine, bound, columns, sql } = world;
  const state = statesOf(material.inputs, story)?.at(-1);
  if (state === undefined) return 'refused';
  const dice = new Dice(seed);
  const states = Array.from({ length: orders + 1 }, (_, order) =>
    order === 0 ? state : reordered(state, order, dice),
  );
  const relations = states.flatMap((one, order): Relation[] => [
    ...inputRows(world, one),
    { name: `__made${order}`, kind: 'sql', sql, columns, kept: true },
  ]);
  const sides = states.map((_, order) => `select ${order} as __order, * from __made${order}`);
  try {
    const question = { sql: sides.join(' union all '), relations, timezone: bound.project.timezone };
    const { rows } = await readRows(engine, question);
    const rowsOf = (order: number): typeof rows =>
      rows
        .filter(([which]) => Number(which) === order)
        .map((row) => row.slice(1).map((value, i) => lawValue(value, columns[i])));
    for (const [order, one] of states.entries()) {
      const found = rowDifference(columns, { wanted: rowsOf(0), made: rowsOf(order) });
      if (found.missing.length + found.unexpected.length > 0) return { order, state: one, ...found };
    }
    return undefined;
  } catch (error) {
    // Values that were made up do not fit.
    if (error instanceof LakeError) return 'refused';
    throw error;
  }
}

function reordered(state: StoryState, order: number, dice: Dice): StoryState {
  return new Map([...state].map(([name, rows]) => [name, order === 1 ? [...rows].reverse() : dice.shuffle(rows)]));
}

async function orderExample(world: LawWorld, story: Story, seed: number): Promise<string> {
  const { material, columns } = world;
  const found = await differenceOf(world, story, seed);
  const state = statesOf(material.inputs, story)?.at(-1) ?? new Map();
  if (typeof found !== 'object') return await testText(world, state, []);
  const names = columns.map(({ name }) => name);
  const notes = [
    ...material.inputs.flatMap((input) =>
      (found.state.get(input.name) ?? []).length < 2
        ? []
        : noted(
            `when ${input.name} comes in this order`,
            input.columns.map(({ name }) => name),
            found.state.get(input.name) ?? [],
          ),
    ),
    ...noted('these rows are not made', names, found.missing),
    ...noted('and these are', names, found.unexpected),
  ];
  return await testText(world, state, notes);
}
