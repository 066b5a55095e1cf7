import type { Diagnostic, Place } from '../core/errors.ts';
import { LakeError, messageOf } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName, quoteText } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import type { Engine, Relation, Scalar } from '../engine/engine.ts';
import { givenColumns, testFindings, unknownCte } from '../project/bind-tests.ts';
import { arrangeFindings } from '../project/findings.ts';
import { inputsOf, viewsOf } from '../project/graph.ts';
import type { ModelTest } from '../project/model-test.ts';
import type { BoundProject, ModelTable } from '../project/model.ts';
import type { RowBlock } from '../project/row-block.ts';
import type { FrozenMoment } from '../sql/clock.ts';
import { freezeClock } from '../sql/clock.ts';
import { cteQuery } from '../sql/cte-query.ts';
import { brokenRows } from '../sql/rules-in-tree.ts';
import { withNamedViews } from '../sql/views.ts';
import { dayIn } from './context.ts';
import { givenChanges, givenRows } from './given-rows.ts';
import { withMadeRows } from './made-rows.ts';
import { modelSql } from './model-sql.ts';
import { readRows } from './read-rows.ts';

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
    return ended({ differences: await new Trial(world, test, asGiven(model, test)).differences(), problems: [] });
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    const told: readonly Diagnostic[] =
      error.diagnostics.length > 0
        ? error.diagnostics
        : [{ code: error.code, message: messageOf(error), place: test.place }];
    return ended({ differences: [], problems: arranged(world, told) });
  }
}

/** The model with views read by their names where the test gives rows of them. */
function asGiven(model: ModelTable, { given }: ModelTest): ModelTable {
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

/** A question, and the rows that its answer has to be. */
interface Claim {
  readonly of: string;
  readonly arrival: number | undefined;
  readonly sql: string;
  /** The columns that the question has. */
  readonly columns: readonly Column[];
  readonly expected: RowBlock;
  /** The arrival until which rows count. */
  readonly upTo: number;
}

class Trial {
  private readonly world: TestWorld;
  private readonly test: ModelTest;
  private readonly model: ModelTable;

  constructor(world: TestWorld, test: ModelTest, model: ModelTable) {
    this.world = world;
    this.test = test;
    this.model = model;
  }

  async differences(): Promise<readonly TestDifference[]> {
    const moment = await this.moment();
    const found: TestDifference[] = [];
    for (const claim of await this.claims(moment)) {
      const rows = { model: this.model, relations: this.inputs(claim.upTo, moment), moment };
      const world = { project: this.world.bound.project, engine: this.world.engine };
      const difference = await withMadeRows(world, rows, (relations) => this.judge(claim, relations));
      if (difference !== undefined) found.push(difference);
    }
    return found;
  }

  private get timezone(): string {
    return this.world.bound.project.timezone;
  }

  /** The moment of the test; one without a zone is read as all times of the project are. */
  private async moment(): Promise<FrozenMoment> {
    const { now } = this.test;
    if (now === undefined) return this.momentAt(this.world.nowMs);
    try {
      const { rows } = await readRows(this.world.engine, {
        sql: `select epoch_ms(${quoteText(now.text)}::timestamptz)`,
        relations: [],
        timezone: this.timezone,
      });
      return this.momentAt(Number(rows[0]?.[0]));
    } catch (error) {
      if (!(error instanceof LakeError)) throw error;
      throw refused({
        code: 'LS1004',
        message: `"now" must be a moment, and ${now.text} is none`,
        place: now.place,
        hint: 'write it as 2026-03-10 12:00:00',
      });
    }
  }

  private momentAt(ms: number): FrozenMoment {
    return { day: dayIn(this.timezone, ms), nowIso: new Date(ms).toISOString() };
  }

  private async claims(moment: FrozenMoment): Promise<readonly Claim[]> {
    const { engine, bound } = this.world;
    const { test, model } = this;
    const columns = bound.schemas.get(model.name) ?? [];
    const arrivals = Math.max(1, ...[...test.given.values()].map((given) => given.arrivals.length));
    const sql = await modelSql(engine, { model, columns, moment });
    const each = test.expect.length > 1;
    const claims: Claim[] = test.expect.map((expected, i) => ({
      of: 'rows',
      arrival: each ? i + 1 : undefined,
      sql,
      columns,
      expected,
      upTo: each ? i + 1 : arrivals,
    }));
    if (test.quarantined !== undefined)
      claims.push(await this.quarantineClaim(test.quarantined, { columns, moment, upTo: arrivals }));
    for (const [name, { place, rows }] of test.ctes)
      claims.push(await this.cteClaim(name, place, { rows, moment, upTo: arrivals }));
    return claims;
  }

  private async quarantineClaim(
    expected: RowBlock,
    { columns, moment, upTo }: { columns: readonly Column[]; moment: FrozenMoment; upTo: number },
  ): Promise<Claim> {
    const rules = this.model.rules.filter((rule) => rule.severity === 'quarantine');
    const names = columns.map(({ name }) => quoteName(name)).join(', ');
    const claim = { of: 'quarantined', arrival: undefined, expected, upTo };
    const reasons: Column = { name: '_reasons', type: 'string' };
    if (rules.length === 0) {
      const none = columns.map(({ name, type }) => `null::${toEngineType(type)} as ${quoteName(name)}`);
      return { ...claim, sql: `select ${none.join(', ')}, '' as _reasons where false`, columns: [...columns, reasons] };
    }
    const [sql = ''] = await this.world.engine.print([freezeClock(brokenRows(this.model.tree(), rules), moment)]);
    // In the order of the rules; a test may name them in any.
    const told = "array_to_string(list_sort(_reasons), ' ') as _reasons";
    return {
      ...claim,
      sql: `select ${names}, ${told} from (${sql})`,
      columns: [...columns, reasons],
      expected: withSortedReasons(expected),
    };
  }

  private async cteClaim(
    name: string,
    place: Place,
    { rows, moment, upTo }: { rows: RowBlock; moment: FrozenMoment; upTo: number },
  ): Promise<Claim> {
    const { tree, names } = cteQuery(this.model.tree(), name);
    if (tree === undefined) throw refused(unknownCte(name, place, names));
    const [sql = ''] = await this.world.engine.print([freezeClock(tree, moment)]);
    const relations = this.inputs(upTo, moment);
    const described = await this.world.engine.describe({ sql, relations, timezone: this.timezone });
    if (!described.ok)
      throw refused({ code: 'LS1205', message: `${name} cannot be asked: ${described.message}`, place });
    const stranger = rows.columns.find((column) => !described.columns.some((known) => known.name === column.name));
    if (stranger !== undefined)
      throw refused({
        code: 'LS1204',
        message: `Column ${stranger.name} does not exist in ${name}`,
        place: stranger.place,
        hint: `it has: ${described.columns.map((column) => column.name).join(', ')}`,
      });
    return { of: name, arrival: undefined, sql, columns: described.columns, expected: rows, upTo };
  }

  /** Every table that the model reads, with the rows that came until this arrival. */
  private inputs(arrival: number, { nowIso }: FrozenMoment): readonly Relation[] {
    const { bound } = this.world;
    return inputsOf(this.model).map((name): Relation => {
      const columns = givenColumns(bound, this.model, name) ?? [];
      const blocks = this.test.given.get(name)?.arrivals.slice(0, arrival) ?? [];
      if (this.model.history === undefined) return givenRows(name, columns, blocks);
      const key = bound.project.tables.get(name)?.key ?? [];
      return givenChanges(name, columns, blocks, { key: key.length > 0 ? key : this.model.key, at: nowIso });
    });
  }

  private async judge(
    { of, arrival, sql, columns, expected }: Claim,
    relations: readonly Relation[],
  ): Promise<TestDifference | undefined> {
    const asked = expected.columns.flatMap(({ name }) => columns.find((column) => column.name === name) ?? []);
    const items = asked.map(comparable).join(', ');
    const names = asked.map(({ name }) => name);
    const compare = `with made as materialized (select ${items} from _made), wanted as materialized (select ${items} from _wanted)
      select 1 as side, * from (from wanted except all from made) union all
      select 2, * from (from made except all from wanted) order by all`;
    const all: readonly Relation[] = [
      ...relations,
      // As it would be stored: what does not fit its column fails here too.
      { name: '_made', kind: 'sql', sql, columns, exact: true },
      givenRows('_wanted', asked, [expected]),
    ];
    const { rows } = await this.ask(compare, all, { of, expected, asked });
    if (rows.length === 0) return undefined;
    const side = (number: number): (readonly Scalar[])[] =>
      rows.filter(([which]) => Number(which) === number).map((row) => row.slice(1));
    return { of, arrival, place: expected.place, columns: names, missing: side(1), unexpected: side(2) };
  }

  private async ask(
    sql: string,
    relations: readonly Relation[],
    { of, expected, asked }: { of: string; expected: RowBlock; asked: readonly Column[] },
  ): ReturnType<typeof readRows> {
    try {
      return await readRows(this.world.engine, { sql, relations, timezone: this.timezone });
    } catch (error) {
      if (!(error instanceof LakeError)) throw error;
      const misfit = (await this.misfit(asked, [expected])) ?? (await this.givenMisfit());
      if (misfit !== undefined) throw refused(misfit);
      throw refused({
        code: error.code,
        message: `${of === 'rows' ? this.model.name : of}: ${messageOf(error)}`,
        place: this.test.place,
      });
    }
  }

  private async givenMisfit(): Promise<Diagnostic | undefined> {
    for (const [name, { arrivals }] of this.test.given) {
      const found = await this.misfit(givenColumns(this.world.bound, this.model, name) ?? [], arrivals);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The first value that is none of its column's type. Only asked when something failed: looking costs more than a test. */
  private async misfit(columns: readonly Column[], blocks: readonly RowBlock[]): Promise<Diagnostic | undefined> {
    for (const block of blocks) {
      for (const [i, { name }] of block.columns.entries()) {
        const type = columns.find((column) => column.name === name)?.type;
        if (type === undefined) continue;
        const engineType = toEngineType(type);
        for (const { cells, place } of block.rows) {
          const cell = cells[i] ?? null;
          if (cell === null) continue;
          const sql = `select try_cast(${quoteText(cell)} as ${engineType}) is null`;
          const { rows } = await readRows(this.world.engine, { sql, relations: [], timezone: this.timezone });
          if (rows[0]?.[0] === true)
            return { code: 'LS2004', message: `${cell} is no ${engineType}, which ${name} is`, place };
        }
      }
    }
    return undefined;
  }
}

/** Numbers with a binary fraction are the same when twelve digits are: a test is written in decimal ones. */
function comparable({ name, type }: Column): string {
  const column = quoteName(name);
  return type === 'double' || type === 'float' ? `format('{:.12g}', ${column})::double as ${column}` : column;
}

function withSortedReasons(block: RowBlock): RowBlock {
  const at = block.columns.findIndex(({ name }) => name === '_reasons');
  if (at < 0) return block;
  const sorted = (cell: string | null): string | null =>
    cell === null
      ? null
      : cell
          .split(/[\s,;|]+/)
          .sort()
          .join(' ');
  return {
    ...block,
    rows: block.rows.map((row) => ({ ...row, cells: row.cells.map((cell, i) => (i === at ? sorted(cell) : cell)) })),
  };
}

function refused(diagnostic: Diagnostic): LakeError {
  return new LakeError(diagnostic.code, diagnostic.message, { diagnostics: [diagnostic] });
}
