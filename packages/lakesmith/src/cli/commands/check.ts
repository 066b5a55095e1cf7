import { resolve } from 'node:path';
import { count } from '../../core/quantity.ts';
import type { Place } from '../../run/quiet-look.ts';
import type { FirstLook } from '../../run/quiet-memo.ts';
import { lookFirst } from '../../run/quiet-memo.ts';
import type { Answer } from '../check-again.ts';
import type { CommonOptions } from '../open.ts';
import { print, printJson } from '../output.ts';
import { programStamp } from '../version.ts';

export async function check(options: CommonOptions): Promise<number> {
  const place: Place = {
    folder: resolve(options.project),
    environment: options.env,
    parameters: options.param ?? [],
    program: programStamp(),
    memo: 'checked',
  };
  const first = await lookFirst<Answer>(place);
  tell(first.answer ?? (await lookProperly(options, place, first)), options);
  return 0;
}

async function lookProperly(options: CommonOptions, place: Place, first: FirstLook<Answer>): Promise<Answer> {
  const { checkAgain } = await import('../check-again.ts');
  return await checkAgain(options, place, first);
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
