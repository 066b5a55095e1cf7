import { Dice } from '../../core/dice.ts';
import { LakeError } from '../../core/errors.ts';
import { shortestStory } from '../../plan/laws/smaller-story.ts';
import type { Story } from '../../plan/laws/story.ts';
import { tellStory } from '../../plan/laws/story.ts';
import type { RefreshProof } from '../../sql/refresh/proof.ts';
import { storyExample } from './law-example.ts';
import type { LawOutcome, LawWorld } from './law-world.ts';
import type { PlayedStory } from './play-story.ts';
import { playStory } from './play-story.ts';
import { isMadeWhole, provenWay } from './proven-way.ts';

const law = 'incremental = full';
const chapters = 2;
/** So often a story that breaks the law is tried again in a shorter form. */
const mostTries = 150;

/** Whether a table that is kept up by parts has the rows that all of it made anew has. */
export async function incrementalLaw(world: LawWorld): Promise<LawOutcome> {
  const way = await provenWay(world);
  const { proof } = way;
  const appends = world.model.facts.rowWise.proven && world.model.inputs.length === 1;
  if (way.proof === undefined && (!appends || isMadeWhole(world) !== undefined))
    return { law, state: 'full', cases: 0, why: way.why };
  let cases = 0;
  let refused: string | undefined;
  for (let i = 0; i < world.cases; i++) {
    const seed = world.seed + i;
    const story = tellStory(world.material.inputs, new Dice(seed), chapters);
    const played = await tried(world, proof, story);
    if (typeof played === 'string') refused = played;
    else if (played?.differs !== undefined) return { ...(await broken(world, proof, story)), cases: cases + 1, seed };
    else if (played?.ways.some((way) => way !== 'full') === true) cases += 1;
  }
  if (cases > 0) return { law, state: 'holds', cases };
  return { law, state: 'untried', cases, why: refused ?? 'rows go, and no column of it says which were made of them' };
}

/** What a story came to; a text: why it could not be played, since values that were made up do not fit. */
async function tried(
  world: LawWorld,
  proof: RefreshProof | undefined,
  story: Story,
): Promise<PlayedStory | string | undefined> {
  try {
    return await playStory(world, proof, { story });
  } catch (error) {
    if (error instanceof LakeError) return error.message;
    throw error;
  }
}

async function broken(
  world: LawWorld,
  proof: RefreshProof | undefined,
  story: Story,
): Promise<Pick<LawOutcome, 'law' | 'state' | 'why' | 'example'>> {
  const differs = async (one: Story): Promise<boolean> => {
    const played = await tried(world, proof, one);
    return typeof played === 'object' && played.differs !== undefined;
  };
  const shortest = await shortestStory(story, differs, mostTries);
  const played = await playStory(world, proof, { story: shortest });
  return {
    law,
    state: 'broken',
    why: `kept up (${played?.ways.join(', ') ?? ''}) it has other rows than made anew`,
    ...(played === undefined ? {} : { example: await storyExample(world, shortest, played) }),
  };
}
