import { LakeError } from '../../core/errors.ts';
import { memoryKey } from '../../core/memory.ts';
import { testFindings } from '../../project/bind-tests.ts';
import type { ModelTest } from '../../project/model-test.ts';
import { memoryOf } from '../compiler.ts';
import { modelSql, modelTree } from '../model-sql.ts';
import type { TestWorld } from '../test-model.ts';
import { namedViews, testMoment } from '../test-model.ts';
import { incrementalLaw } from './incremental-law.ts';
import { lawMaterial } from './law-material.ts';
import type { LawOutcome, LawWorld } from './law-world.ts';
import { orderLaw } from './order-law.ts';
import { replayLaw } from './replay-law.ts';

/** Which cases are tried. */
export interface LawSettings {
  readonly seed: number;
  /** Of each law, over all tests of a model. */
  readonly cases: number;
}

/** What came of the laws of one model. */
export interface ModelLaws {
  readonly table: string;
  readonly laws: readonly LawOutcome[];
  readonly elapsedMs: number;
}

/** Tries the laws of a model on the rows that its tests give. Nothing for a model of which no test can be run. */
export async function checkLaws(
  world: TestWorld,
  { table, tests }: { readonly table: string; readonly tests: readonly ModelTest[] },
  settings: LawSettings,
): Promise<ModelLaws | undefined> {
  const startedMs = performance.now();
  const cases = Math.max(1, Math.ceil(settings.cases / tests.length));
  const found: LawOutcome[] = [];
  for (const test of tests) found.push(...(await lawsOfTest(world, test, { ...settings, cases })));
  const names = [...new Set(found.map(({ law }) => law))];
  const laws = names.map((law) => together(found.filter((outcome) => outcome.law === law)));
  return laws.length === 0 ? undefined : { table, laws, elapsedMs: performance.now() - startedMs };
}

/** The worst first: what is told of a model is the worst that came of its tests. */
const severity = ['broken', 'depends', 'holds', 'full', 'untried'] as const;

function together(outcomes: readonly LawOutcome[]): LawOutcome {
  const sorted = [...outcomes].sort((a, b) => severity.indexOf(a.state) - severity.indexOf(b.state));
  const cases = outcomes.reduce((sum, outcome) => sum + outcome.cases, 0);
  const [worst] = sorted;
  if (worst === undefined) throw new LakeError('LS9001', 'No law was tried.');
  return { ...worst, cases };
}

async function lawsOfTest(world: TestWorld, test: ModelTest, settings: LawSettings): Promise<readonly LawOutcome[]> {
  const { bound, engine } = world;
  const named = bound.project.tables.get(test.table);
  if (named?.kind !== 'model' || testFindings(test, bound).length > 0) return [];
  const model = namedViews(named, test);
  const columns = bound.schemas.get(model.name) ?? [];
  const material = lawMaterial(test, { bound, model });
  if (typeof material === 'string')
    return (['incremental = full', 'any order of arrival'] as const).map((law) => ({
      law,
      state: 'untried',
      cases: 0,
      why: material,
    }));
  const moment = await testMoment(world, test);
  const { inputs } = material;
  const memory = memoryOf(engine);
  const { key: tableKey, history, modelKind, facts, refresh } = model;
  const kept = [
    model.name,
    tableKey,
    history,
    modelKind,
    facts,
    refresh,
    test.arrival,
    test.now?.text,
    test.quarantined?.rows.length,
  ];
  const rules = model.rules.map(({ name, severity, sql }) => [name, severity, sql]);
  // Where the moment matters, it stands in the tree.
  const known = JSON.stringify([modelTree(model, moment), columns, inputs, kept, rules, settings]);
  const key = memoryKey('laws', engine.version, bound.project.timezone, known);
  const before = memory.recall(key) as readonly LawOutcome[] | undefined;
  if (before !== undefined) return before;
  const sql = await modelSql(engine, { model, columns, moment });
  const asked: LawWorld = { engine, bound, model, columns, moment, material, sql, ...settings };
  const replayed = await replayLaw(asked);
  const outcomes = [await incrementalLaw(asked), await orderLaw(asked), ...(replayed === undefined ? [] : [replayed])];
  // What is broken is found again, so that it is seen to be so.
  if (outcomes.every(({ state }) => state !== 'broken')) memory.keep(key, outcomes);
  return outcomes;
}
