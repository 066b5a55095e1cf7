import { Dice } from '../../core/dice.ts';
import { LakeError } from '../../core/errors.ts';
import type { Relation } from '../../engine/engine.ts';
import type { StoryEvent, StoryInput } from '../../plan/laws/story.ts';
import { crowdedStory, statesOf } from '../../plan/laws/story.ts';
import { readRows } from '../read-rows.ts';
import { quarantineQuestion } from '../test-claims.ts';
import { inputRows } from './keep-up.ts';
import { storyExample } from './law-example.ts';
import type { LawOutcome, LawWorld } from './law-world.ts';
import { playStory } from './play-story.ts';
import { provenWay } from './proven-way.ts';

const law = 'replay once';
/** So many ways to mend a row are tried. */
const mostMends = 24;

/**
 * Whether a row that was put aside, mended and brought back twice is there once, and where it would have been. Undefined for a model of
 * which no test has such a row.
 */
export async function replayLaw(world: LawWorld): Promise<LawOutcome | undefined> {
  const { model, material } = world;
  const isConcerned = model.rules.some(({ severity }) => severity === 'quarantine');
  if (!isConcerned || (material.test.quarantined?.rows.length ?? 0) === 0) return undefined;
  const way = await provenWay(world);
  if (way.proof === undefined) return { law, state: 'full', cases: 0, why: way.why };
  const first = crowdedStory(material.inputs, new Dice(world.seed), 0);
  try {
    const mends = await mendsOf(world, first);
    for (const [i, mend] of mends.entries()) {
      const story = [...first, [mend]];
      const played = await playStory(world, way.proof, { story, twice: true });
      if (played?.differs === undefined) continue;
      const why = 'replayed twice it has other rows than replayed once';
      return {
        law,
        state: 'broken',
        cases: i + 1,
        why,
        seed: world.seed,
        example: await storyExample(world, story, played),
      };
    }
    if (mends.length > 0) return { law, state: 'holds', cases: mends.length };
    return { law, state: 'untried', cases: 0, why: 'no value of another row mends one that was put aside' };
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    return { law, state: 'untried', cases: 0, why: error.message };
  }
}

/** Changes of one row after which fewer rows are put aside. */
async function mendsOf(world: LawWorld, first: readonly (readonly StoryEvent[])[]): Promise<readonly StoryEvent[]> {
  const { material, engine, bound, columns } = world;
  const changes = material.inputs.flatMap(changesOf).slice(0, mostMends);
  const { sql } = await quarantineQuestion(world, columns);
  const stories = [first, ...changes.map((change) => [...first, [change]])];
  const states = stories.flatMap((story) => statesOf(material.inputs, story)?.at(-1) ?? []);
  const relations = states.flatMap((state, i): Relation[] => [
    ...inputRows(world, state),
    {
      name: `__aside${i}`,
      kind: 'sql',
      sql: `select count(*) from (${sql})`,
      columns: [{ name: 'n', type: 'long' }],
      kept: true,
    },
  ]);
  const counts = states.map((_, i) => `select ${i} as i, n from __aside${i}`);
  const question = { sql: `${counts.join(' union all ')} order by i`, relations, timezone: bound.project.timezone };
  const { rows } = await readRows(engine, question);
  const asideFirst = Number(rows[0]?.[1]);
  return changes.filter((_, i) => Number(rows[i + 1]?.[1]) < asideFirst).slice(0, world.cases);
}

/** Each row with each value that another row has in its place, but for its key. */
function changesOf({ name, rows, columns, key }: StoryInput): readonly StoryEvent[] {
  return rows.flatMap((row, id) =>
    columns.flatMap((_, at): StoryEvent[] => {
      if (key.includes(at)) return [];
      const others = new Set(rows.map((other) => other[at] ?? null).filter((value) => value !== (row[at] ?? null)));
      return [...others].map((value) => ({ input: name, id, row: row.map((text, i) => (i === at ? value : text)) }));
    }),
  );
}
