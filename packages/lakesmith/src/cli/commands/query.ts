import { LakeError } from '../../core/errors.ts';
import { reachOfQuestion } from '../../plan/reach.ts';
import { momentOf } from '../../run/context.ts';
import { bindQuestion } from '../../serve/query.ts';
import { explainRefusal } from '../../serve/question-error.ts';
import { shownBy } from '../../serve/shown.ts';
import { bindTables } from '../../serve/table-question.ts';
import type { AnswerOptions } from '../answer.ts';
import { answer } from '../answer.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { openTables } from '../open-table.ts';
import { wholeNumber } from '../whole-number.ts';

export interface QueryOptions extends CommonOptions, AnswerOptions {
  readonly release?: string;
  readonly run?: string;
  /** name=PATH of Delta tables; then no project is needed. */
  readonly table?: readonly string[];
  readonly allow?: readonly string[];
}

/** Asks one SELECT: of a release of the project, of a run that was not released, or of tables by their paths. */
export async function query(sql: string, options: QueryOptions): Promise<number> {
  const { table, release, run } = options;
  if (run !== undefined && (release !== undefined || table !== undefined))
    throw new LakeError(
      'LS4001',
      'Ask a run with --run, a release with --release, or tables with --table: one of them.',
    );
  return table === undefined ? await askLake(sql, options) : await askTables(sql, table, options);
}

async function askLake(sql: string, options: QueryOptions): Promise<number> {
  const act = async ({ lake, engine, project, clock }: Workbench): Promise<number> => {
    const shown = await shownBy(
      { lake, project },
      {
        release: options.release === undefined ? undefined : wholeNumber('--release', options.release),
        run: options.run === undefined ? undefined : wholeNumber('--run', options.run),
      },
    );
    const { timezone, words, clockMs } = project;
    const moment = clockMs === undefined ? undefined : momentOf({ project, clock });
    const request = await bindQuestion(lake, shown, { sql, timezone, words, moment });
    try {
      await answer(engine, request, { ...options, about: shown.about, facts: shown.facts });
    } catch (error) {
      throw await explainRefusal(engine, request, error);
    }
    return 0;
  };
  return await withWorkbench(options, act, { about: reachOfQuestion(sql) });
}

async function askTables(sql: string, specs: readonly string[], options: QueryOptions): Promise<number> {
  const named = specs.map((spec) => {
    const at = spec.indexOf('=');
    if (at < 1) throw new LakeError('LS4001', `--table wants name=PATH, not ${spec}.`);
    return { name: spec.slice(0, at), path: spec.slice(at + 1) };
  });
  const tables = await openTables(
    named.map(({ path }) => path),
    options,
  );
  try {
    const byName = new Map(
      named.flatMap(({ name }, i) => (tables.opened[i] === undefined ? [] : [[name, tables.opened[i]] as const])),
    );
    const [engine] = tables.opened.map((table) => table.engine);
    if (engine === undefined) throw new LakeError('LS4001', '--table wants name=PATH.');
    const request = await bindTables(engine, byName, sql);
    try {
      await answer(engine, request, { ...options, typed: true, about: [] });
    } catch (error) {
      throw await explainRefusal(engine, request, error);
    }
    return 0;
  } finally {
    await tables.close();
  }
}
