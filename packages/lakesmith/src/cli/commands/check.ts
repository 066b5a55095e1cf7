import { resolve } from 'node:path';
import { count } from '../../core/quantity.ts';
import type { FirstLook, Place } from '../../run/quiet-memo.ts';
import { lookFirst, noteAnswer } from '../../run/quiet-memo.ts';
import type { CommonOptions } from '../open.ts';
import { print, printJson } from '../output.ts';
import { programStamp } from '../version.ts';

/** What is said of a project in which nothing is wrong. */
interface Answer {
  readonly tables: readonly string[];
  readonly unbound: readonly string[];
  readonly unreadable: readonly string[];
}

export async function check(options: CommonOptions): Promise<number> {
  const place: Place = {
    folder: resolve(options.project),
    environment: options.env,
    parameters: options.param ?? [],
    program: programStamp(),
    memo: 'checked',
  };
  const first = await lookFirst<Answer>(place);
  tell(first.answer ?? (await checkAll(options, place, first)), options);
  return 0;
}

async function checkAll(options: CommonOptions, place: Place, first: FirstLook<Answer>): Promise<Answer> {
  const [{ withWorkbench }, { checkProject }] = await Promise.all([
    import('../open.ts'),
    import('../check-project.ts'),
  ]);
  return await withWorkbench(options, async (bench) => {
    const { bound, sighting } = await checkProject(bench);
    const answer: Answer = {
      tables: [...bound.schemas.keys()],
      unbound: [...bound.schemas].filter(([, columns]) => columns === undefined).map(([name]) => name),
      unreadable: [...sighting.sources.values()].flatMap(({ problem }) => problem?.message ?? []),
    };
    // A source that cannot be read may be readable a moment later, and nothing that is looked at tells.
    if (answer.unreadable.length === 0) await noteAnswer(place, first, { ...bench, sighting, answer });
    return answer;
  });
}

function tell({ tables, unbound, unreadable }: Answer, { json }: CommonOptions): void {
  if (json === true) {
    printJson({ ok: true, tables, unbound, unreadable });
    return;
  }
  print(`ok · ${count(tables.length, 'table')}`);
  for (const message of unreadable) print(`! ${message}`);
  if (unbound.length > 0) print(`not bound, since a source has nothing that can be loaded yet: ${unbound.join(', ')}`);
}
