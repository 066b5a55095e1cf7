import { prepare } from '../../run/prepare.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { count } from '../render.ts';

export async function check(options: CommonOptions): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const { bound } = await prepare(bench);
    const unknown = [...bound.schemas].filter(([, columns]) => columns === undefined).map(([name]) => name);
    if (options.json === true) printJson({ ok: true, tables: [...bound.schemas.keys()], unbound: unknown });
    else {
      print(`ok · ${count(bound.schemas.size, 'table')}`);
      if (unknown.length > 0) print(`not bound, since a source has no files yet: ${unknown.join(', ')}`);
    }
    return 0;
  });
}
