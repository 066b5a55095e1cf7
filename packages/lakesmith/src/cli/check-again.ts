import { reachToCheck } from '../plan/reach.ts';
import type { Change } from '../run/checked-parts.ts';
import { changeSince, isAsSeen, keepParts, toldAfter } from '../run/checked-parts.ts';
import type { Prepared } from '../run/prepare.ts';
import type { Place } from '../run/quiet-look.ts';
import type { FirstLook } from '../run/quiet-memo.ts';
import { noteAnswer, noteNextAnswer } from '../run/quiet-memo.ts';
import { checkProject } from './check-project.ts';
import type { CommonOptions, Workbench } from './open.ts';
import { withWorkbench } from './open.ts';

/** What is said of a project in which nothing is wrong. */
export interface Answer {
  readonly tables: readonly string[];
  readonly unbound: readonly string[];
  readonly unreadable: readonly string[];
}

/** Checks a project whose answer is not known: all of it, or what changed since nothing was wrong. Notes the answer for the next time. */
export async function checkAgain(options: CommonOptions, place: Place, first: FirstLook<Answer>): Promise<Answer> {
  const since = await changeSince(place, first.look);
  const act = async (bench: Workbench): Promise<Answer> => {
    // All was read after all when what changed names something else than before.
    const change = bench.project.unread.size > 0 ? since : undefined;
    const found = await checkProject(bench);
    const answer = answerOf(found, change);
    const { unreadable } = answer;
    // A source that cannot be read may be readable a moment later, and nothing that is looked at tells.
    if (unreadable.length > 0) return answer;
    // Somebody writes meanwhile: the answer is that of something else than was seen.
    if (first.look !== undefined && !isAsSeen(first.look, bench.project.texts)) return answer;
    if (first.look !== undefined) await keepParts(place, first.look, { ...found, change });
    if (change === undefined) await noteAnswer(place, first, { ...bench, sighting: found.sighting, answer });
    else await noteNextAnswer(place, first, answer);
    return answer;
  };
  return await withWorkbench(options, act, since === undefined ? {} : { about: reachToCheck(since.names) });
}

function answerOf({ bound, sighting }: Prepared, change: Change | undefined): Answer {
  const told =
    change === undefined
      ? {
          tables: [...bound.schemas.keys()],
          unbound: [...bound.schemas].filter(([, columns]) => columns === undefined).map(([name]) => name),
        }
      : toldAfter(change, bound);
  return { ...told, unreadable: [...sighting.sources.values()].flatMap(({ problem }) => problem?.message ?? []) };
}
