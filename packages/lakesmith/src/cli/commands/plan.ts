import { explainPlan } from '../../plan/explain.ts';
import { planJson } from '../../plan/plan-json.ts';
import { prepare } from '../../run/prepare.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { selection } from '../selection.ts';

export async function plan(
  names: readonly string[],
  options: CommonOptions & { full?: boolean; apply?: boolean; load?: boolean },
): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const select = await selection(bench, names);
    const {
      plan: made,
      bound,
      overwritten,
    } = await prepare({
      ...bench,
      ...(select === undefined ? {} : { select }),
      ...(options.full === true ? { full: select ?? new Set(bench.project.tables.keys()) } : {}),
      ...(options.apply === undefined ? {} : { apply: options.apply }),
      ...(options.load === undefined ? {} : { load: options.load }),
    });
    if (options.json === true) printJson(planJson(made));
    else {
      print(explainPlan(made, bound));
      for (const path of overwritten) print(`! ${path} changed after it was loaded; it will not be read again`);
    }
    return made.steps.some((step) => step.action === 'held') ? 3 : 0;
  });
}
