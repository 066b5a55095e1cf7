import { testFindings } from '../../project/bind-tests.ts';
import { arrangeFindings, findingsError } from '../../project/findings.ts';
import type { Prepared } from '../../run/prepare.ts';
import { prepare } from '../../run/prepare.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { count } from '../../core/quantity.ts';

/** Binds a project and its tests. Throws all errors together. */
export async function checkProject(bench: Workbench): Promise<Prepared> {
  const prepared = await prepare(bench);
  const findings = bench.project.extras.tests.flatMap((test) => testFindings(test, prepared.bound));
  const [first, ...others] = arrangeFindings(findings, bench.project.texts);
  if (first !== undefined) throw findingsError([first, ...others]);
  return prepared;
}

export async function check(options: CommonOptions): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const { bound, sighting } = await checkProject(bench);
    const unknown = [...bound.schemas].filter(([, columns]) => columns === undefined).map(([name]) => name);
    const unreadable = [...sighting.sources.values()].flatMap(({ problem }) => problem?.message ?? []);
    if (options.json === true) printJson({ ok: true, tables: [...bound.schemas.keys()], unbound: unknown, unreadable });
    else {
      print(`ok · ${count(bound.schemas.size, 'table')}`);
      for (const message of unreadable) print(`! ${message}`);
      if (unknown.length > 0)
        print(`not bound, since a source has nothing that can be loaded yet: ${unknown.join(', ')}`);
    }
    return 0;
  });
}
