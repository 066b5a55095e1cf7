import type { Diagnostic, Place } from '../core/errors.ts';
import { LakeError, messageOf } from '../core/errors.ts';
import { quoteName, quoteNames, quoteText } from '../core/sql-text.ts';
import type { Engine, Relation, Scalar } from '../engine/engine.ts';
import { givenColumns, testFindings } from '../project/bind-tests.ts';
import { arrangeFindings } from '../project/findings.ts';
import { viewsOf } from '../project/graph.ts';
import type { ModelTest } from '../project/model-test.ts';
import type { BoundProject, ModelTable } from '../project/model.ts';
import type { FrozenMoment } from '../sql/clock.ts';
import { withNamedViews } from '../sql/views.ts';
import { dayIn } from './context.ts';
import { givenInputs, givenRows } from './given-rows.ts';
import { withMadeRows } from './made-rows.ts';
import { readRows } from './read-rows.ts';
import { rowDifference } from './row-difference.ts';
import type { Claim, ClaimedTest } from './test-claims.ts';
import { claimsOf } from './test-claims.ts';
import { misfitIn } from './test-misfit.ts';
import { testRefusal } from './test-refusal.ts';

/** What a test needs: nothing of the lake. */
export interface TestWorld {
  readonly bound: BoundProject;
  readonly engine: Engine;
  /** The moment of tests that name none. */
  readonly nowMs: number;
}

/** Rows that a test expects and the model does not make, or the other way round. */
export interface TestDifference {
  /** 'rows', 'quarantined', or the name of a part of the WITH. */
  readonly of: string;
  /** After which arrival, counted from 1; undefined: at the end. */
  readonly arrival: number | undefined;
  readonly place: Place;
  readonly columns: readonly string[];
  readonly missing: readonly (readonly Scalar[])[];
  readonly unexpected: readonly (readonly Scalar[])[];
}

export interface TestOutcome {
  readonly file: string;
  readonly table: string;
  readonly elapsedMs: number;
  readonly differences: readonly TestDifference[];
  /** Why it could not be run. */
  readonly problems: readonly Diagnostic[];
}

/** Runs one test: the model's own SQL, with its rules, over the rows that are given. */
export async function testModel(world: TestWorld, test: ModelTest): Promise<TestOutcome> {
  const startedMs = performance.now();
  const ended = (found: Pick<TestOutcome, 'differences' | 'problems'>): TestOutcome => ({
    file: test.file,
    table: test.table,
    elapsedMs: performance.now() - startedMs,
    ...found,
  });
  try {
    const findings = testFindings(test, world.bound);
    const model = world.bound.project.tables.get(test.table);
    if (findings.length > 0 || model?.kind !== 'model')
      return ended({ differences: [], problems: arranged(world, findings) });
    return ended({ differences: await differencesOf(world, test, namedViews(model, test)), problems: [] });
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    const told: readonly Diagnostic[] =
      error.diagnostics.length > 0
        ? error.diagnostics
        : [{ code: error.code, message: messageOf(error), place: test.place }];
    return ended({ differences: [], problems: arranged(world, told) });
  }
}

/** The model, with views read by their names where the test gives rows of them. */
export function namedViews(model: ModelTable, { given }: ModelTest): ModelTable {
  const views = new Set(viewsOf(model).filter((name) => given.has(name)));
  if (views.size === 0) return model;
  const named = (tree: unknown): unknown => withNamedViews(tree, views);
  return {
    ...model,
    tree: () => named(model.tree()),
    rules: model.rules.map((rule) => ({ ...rule, tree: named(rule.tree) })),
    inputs: [...model.inputs, ...views],
  };
}

function arranged({ bound }: TestWorld, findings: readonly Diagnostic[]): readonly Diagnostic[] {
  return arrangeFindings(findings, bound.project.texts);
}

async function differencesOf(world: TestWorld, test: ModelTest, model: ModelTable): Promise<readonly TestDifference[]> {
  const { bound, engine } = world;
  const moment = await testMoment(world, test);
  const claimed: ClaimedTest = { engine, bound, test, model, moment };
  const claims = await claimsOf(claimed);
  const found: TestDifference[] = [];
  // Of the same arrival, all claims are asked where its rows are bound already.
  for (const upTo of new Set(claims.map((claim) => claim.upTo))) {
    const relations = givenInputs(claimed, { upTo, nowIso: moment.nowIso });
    const now = claims.filter((claim) => claim.upTo === upTo);
    await withMadeRows({ project: bound.project, engine }, { model, relations, moment }, async (read) => {
      const wanted = now.map((claim, i) => givenRows(`_wanted${i}`, askedColumns(claim), [claim.expected]));
      for (const [i, claim] of now.entries()) {
        const difference = await judge(claimed, claim, { relations: [...read, ...wanted], wanted: `_wanted${i}` });
        if (difference !== undefined) found.push(difference);
      }
    });
  }
  return found;
}

/** The moment of a test; one without a zone is read as all times of the project are. */
export async function testMoment(
  { bound, engine, nowMs }: TestWorld,
  { now }: Pick<ModelTest, 'now'>,
): Promise<FrozenMoment> {
  const { timezone } = bound.project;
  const momentAt = (ms: number): FrozenMoment => ({ day: dayIn(timezone, ms), nowIso: new Date(ms).toISOString() });
  if (now === undefined) return momentAt(nowMs);
  try {
    const sql = `select epoch_ms(${quoteText(now.text)}::timestamptz)`;
    const { rows } = await readRows(engine, { sql, relations: [], timezone });
    return momentAt(Number(rows[0]?.[0]));
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    throw testRefusal({
      code: 'LS1004',
      message: `"now" must be a moment, and ${now.text} is none`,
      place: now.place,
      hint: 'write it as 2026-03-10 12:00:00',
    });
  }
}

function askedColumns({ expected, columns }: Claim): Claim['columns'] {
  return expected.columns.flatMap(({ name }) => columns.find((column) => column.name === name) ?? []);
}

async function judge(
  claimed: ClaimedTest,
  claim: Claim,
  { relations, wanted }: { readonly relations: readonly Relation[]; readonly wanted: string },
): Promise<TestDifference | undefined> {
  const { engine, bound } = claimed;
  const { timezone } = bound.project;
  const asked = askedColumns(claim);
  const names = asked.map(({ name }) => name);
  const all = quoteNames(claim.columns.map(({ name }) => name));
  try {
    const expected = await readRows(engine, { sql: `select * from ${wanted}`, relations, timezone });
    // As it would be stored: what does not fit its column fails here too.
    const sql = `select ${names.map((name) => `_made.${quoteName(name)}`).join(', ')} from (${claim.sql}\n) as _made(${all})`;
    const made = await readRows(engine, { sql, relations, timezone, columns: asked });
    const { missing, unexpected } = rowDifference(asked, { wanted: expected.rows, made: made.rows });
    if (missing.length + unexpected.length === 0) return undefined;
    return { of: claim.of, arrival: claim.arrival, place: claim.expected.place, columns: names, missing, unexpected };
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    throw testRefusal(
      (await misfitIn([claim.expected], asked, { engine, timezone })) ??
        (await givenMisfit(claimed)) ?? {
          code: error.code,
          message: `${claim.of === 'rows' ? claimed.model.name : claim.of}: ${messageOf(error)}`,
          place: claimed.test.place,
        },
    );
  }
}

async function givenMisfit({ engine, bound, model, test }: ClaimedTest): Promise<Diagnostic | undefined> {
  const { timezone } = bound.project;
  for (const [name, { arrivals }] of test.given) {
    const found = await misfitIn(arrivals, givenColumns(bound, model, name) ?? [], { engine, timezone });
    if (found !== undefined) return found;
  }
  return undefined;
}
