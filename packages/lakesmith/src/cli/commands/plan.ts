import { LakeError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import { estimatePlan, takesTime } from '../../plan/estimate.ts';
import { commandIn } from '../../project/command-line.ts';
import { explainTable } from '../../plan/explain-table.ts';
import { explainPlan } from '../../plan/explain.ts';
import { planJson } from '../../plan/plan-json.ts';
import { reachOfWords } from '../../plan/reach.ts';
import { madeInFull } from '../../plan/selection.ts';
import { prepare } from '../../run/prepare.ts';
import { standingOf } from '../../run/standing.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { usualParallelism } from '../parallelism.ts';
import type { Bounds } from '../selection.ts';
import { standingText } from '../quiet-text.ts';
import { scope } from '../selection.ts';
import { toObservation } from '../../run/observe.ts';
import { recentSteps } from '../../run/recent-steps.ts';
import { waysOfTable } from '../../run/ways-of-table.ts';

export interface PlanCommandOptions extends CommonOptions, Bounds {
  readonly full?: boolean;
  readonly apply?: boolean;
  readonly load?: boolean;
  readonly explain?: string;
}

/** The words that do what was planned. */
function runLike(names: readonly string[], options: PlanCommandOptions): string {
  const values = (['from', 'to', 'column'] as const).flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  const flags = (['full', 'apply', 'load'] as const).filter((name) => options[name] === true);
  const parameters = (options.param ?? []).flatMap((value) => ['--param', value]);
  const words = ['run', ...names, ...values, ...flags.map((name) => `--${name}`), ...parameters];
  return words.map((word) => (/^[\w.,:+=@/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

export async function plan(names: readonly string[], options: PlanCommandOptions): Promise<number> {
  const { explain, from, to } = options;
  const isBounded = from !== undefined || to !== undefined;
  const words = explain === undefined ? names : [...names, explain];
  const act = async (bench: Workbench): Promise<number> => {
    const { project, lake } = bench;
    if (explain !== undefined && !project.tables.has(explain)) {
      const near = nearestName(explain, project.tables.keys());
      const hint = near === undefined ? 'name a table such as gold.sales' : `Did you mean ${near}?`;
      throw new LakeError('LS4003', `Nothing in this project is called ${explain}`, { hint });
    }
    const wanted = await scope(bench, explain === undefined || names.length > 0 ? names : [explain], options);
    const {
      sighting,
      plan: planned,
      bound,
      overwritten,
    } = await prepare({
      ...bench,
      ...wanted,
      ...(options.full === true ? { full: madeInFull(project, { select: wanted.select, names }) } : {}),
      ...(options.apply === undefined ? {} : { apply: options.apply }),
      ...(options.load === undefined ? {} : { load: options.load }),
    });
    const history = await recentSteps(lake.state, planned.steps.filter(takesTime));
    const made = estimatePlan(planned, history, usualParallelism());
    const standing = standingOf(bench, sighting.release, made);
    if (explain !== undefined) {
      const observation = toObservation(sighting, bench);
      const found = await waysOfTable(bench, { table: explain, plan: made, bound, observation });
      const told = explainTable(made, bound, { table: explain, observation, ...found });
      if (options.json === true) printJson(told.json);
      else print(told.text);
    } else if (options.json === true) printJson({ ...planJson(made), ...(standing === undefined ? {} : { standing }) });
    else {
      print(explainPlan(made, bound, commandIn(project, runLike(names, options))));
      for (const path of overwritten) print(`! ${path} changed after it was loaded; it will not be read again`);
      if (standing !== undefined) print(`${standing.environment} after it ─ ${standingText(standing)}`);
    }
    return made.steps.some((step) => step.action === 'held') ? 3 : 0;
  };
  return await withWorkbench(options, act, isBounded ? { words } : { about: reachOfWords(words), words });
}
