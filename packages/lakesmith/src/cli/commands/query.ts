import { LakeError } from '../../core/errors.ts';
import { bindQuestion } from '../../serve/query.ts';
import { explainRefusal } from '../../serve/question-error.ts';
import { bindTables } from '../../serve/table-question.ts';
import type { AnswerOptions } from '../answer.ts';
import { answer } from '../answer.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { openTables } from '../open-table.ts';
import { wholeNumber } from '../whole-number.ts';

export interface QueryOptions extends CommonOptions, AnswerOptions {
  readonly release?: string;
  /** name=PATH of Delta tables; then no project is needed. */
  readonly table?: readonly string[];
  readonly allow?: readonly string[];
}

/** Asks one SELECT: of a release of the project, or of tables by their paths. */
export async function query(sql: string, options: QueryOptions): Promise<number> {
  return options.table === undefined ? await askRelease(sql, options) : await askTables(sql, options.table, options);
}

async function askRelease(sql: string, options: QueryOptions): Promise<number> {
  return await withWorkbench(options, async ({ lake, engine, project }) => {
    const { request, release } = await bindQuestion(lake, {
      sql,
      release: options.release === undefined ? undefined : wholeNumber('--release', options.release),
      timezone: project.timezone,
      words: project.words,
    });
    try {
      await answer(engine, request, { ...options, about: [`release ${release}`], facts: { release } });
    } catch (error) {
      throw await explainRefusal(engine, request, error);
    }
    return 0;
  });
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
