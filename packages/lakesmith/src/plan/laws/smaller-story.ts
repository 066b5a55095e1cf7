import type { Story } from './story.ts';

/** Stories that are like this one and shorter, those that are much shorter first. */
function* smallerStories(story: Story): Generator<Story> {
  for (let last = 2; last < story.length; last++) yield story.slice(0, last);
  // Two chapters as one.
  for (let i = 0; i + 2 < story.length; i++)
    yield [...story.slice(0, i), [...(story[i] ?? []), ...(story[i + 1] ?? [])], ...story.slice(i + 2)];
  for (const [i, events] of story.entries()) {
    const half = events.length >> 1;
    if (half < 2) continue;
    yield withChapter(story, i, events.slice(0, half));
    yield withChapter(story, i, events.slice(half));
  }
  for (const [i, events] of story.entries())
    for (const at of events.keys()) yield withChapter(story, i, [...events.slice(0, at), ...events.slice(at + 1)]);
}

function withChapter(story: Story, at: number, events: Story[number]): Story {
  return story.map((chapter, i) => (i === at ? events : chapter));
}

/** The shortest story that can be found by leaving things out, of which `isSo` is still true; it is asked at most `limit` times. */
export async function shortestStory(
  story: Story,
  isSo: (story: Story) => Promise<boolean>,
  limit: number,
): Promise<Story> {
  let shortest = story;
  let asked = 0;
  for (let found = true; found;) {
    found = false;
    for (const smaller of smallerStories(shortest)) {
      if (asked++ >= limit) return shortest;
      if (!(await isSo(smaller))) continue;
      shortest = smaller;
      found = true;
      break;
    }
  }
  return shortest;
}
