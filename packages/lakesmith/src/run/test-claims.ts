import type { Place } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName, quoteNames } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import type { Engine } from '../engine/engine.ts';
import { unknownCte } from '../project/bind-tests.ts';
import type { ModelTest } from '../project/model-test.ts';
import type { BoundProject, ModelTable } from '../project/model.ts';
import type { RowBlock } from '../project/row-block.ts';
import type { FrozenMoment } from '../sql/clock.ts';
import { freezeClock } from '../sql/clock.ts';
import { cteQuery } from '../sql/cte-query.ts';
import { brokenRows, reasonsColumn } from '../sql/rules-in-tree.ts';
import { compilerOf } from './compiler.ts';
import { givenInputs } from './given-rows.ts';
import { modelSql } from './model-sql.ts';
import { testRefusal } from './test-refusal.ts';

/** A question, and the rows that its answer has to be. */
export interface Claim {
  /** 'rows', 'quarantined', or the name of a part of the WITH. */
  readonly of: string;
  readonly arrival: number | undefined;
  readonly sql: string;
  /** The columns that the question has. */
  readonly columns: readonly Column[];
  readonly expected: RowBlock;
  /** The arrival until which rows count. */
  readonly upTo: number;
}

/** A test, and what it is about. */
export interface ClaimedTest {
  readonly engine: Engine;
  readonly bound: BoundProject;
  readonly test: ModelTest;
  readonly model: ModelTable;
  readonly moment: FrozenMoment;
}

/** How often rows arrive in a test. */
function arrivalsOf({ given }: ModelTest): number {
  return Math.max(1, ...[...given.values()].map(({ arrivals }) => arrivals.length));
}

/** What a test claims. */
export async function claimsOf(claimed: ClaimedTest): Promise<readonly Claim[]> {
  const { engine, bound, test, model, moment } = claimed;
  const columns = bound.schemas.get(model.name) ?? [];
  const all = arrivalsOf(test);
  const sql = test.expect.length === 0 ? '' : await modelSql(engine, { model, columns, moment });
  const each = test.expect.length > 1;
  const claims: Claim[] = test.expect.map((expected, i) => ({
    of: 'rows',
    arrival: each ? i + 1 : undefined,
    sql,
    columns,
    expected,
    upTo: each ? i + 1 : all,
  }));
  if (test.quarantined !== undefined)
    claims.push({
      ...(await quarantineQuestion(claimed, columns)),
      expected: withSortedReasons(test.quarantined),
      upTo: all,
    });
  for (const [name, { place, rows }] of test.ctes)
    claims.push({ ...(await cteQuestion(claimed, { name, place, rows, upTo: all })), expected: rows, upTo: all });
  return claims;
}

type Question = Pick<Claim, 'of' | 'arrival' | 'sql' | 'columns'>;

/** The rows that the model's rules put aside, and why each. */
export async function quarantineQuestion(
  { engine, model, moment }: Pick<ClaimedTest, 'engine' | 'model' | 'moment'>,
  columns: readonly Column[],
): Promise<Question> {
  const rules = model.rules.filter((rule) => rule.severity === 'quarantine');
  // A test means the reasons by this name, also where the model has a column that is called so.
  const own = columns.filter(({ name }) => name.toLowerCase() !== '_reasons');
  const names = quoteNames(own.map(({ name }) => name));
  const all: readonly Column[] = [...own, { name: '_reasons', type: 'string' }];
  const question = { of: 'quarantined', arrival: undefined, columns: all };
  if (rules.length === 0) {
    const none = own.map(({ name, type }) => `null::${toEngineType(type)} as ${quoteName(name)}`);
    return { ...question, sql: `select ${none.join(', ')}, '' as _reasons where false` };
  }
  const reasons = reasonsColumn(columns);
  const tree = brokenRows(model.tree(), rules, { reasons });
  const [sql = ''] = await compilerOf(engine).print([freezeClock(tree, moment)]);
  // In the order of the rules; a test may name them in any.
  return {
    ...question,
    sql: `select ${names}, array_to_string(list_sort(${quoteName(reasons)}), ' ') as _reasons from (${sql})`,
  };
}

async function cteQuestion(
  { engine, bound, test, model, moment }: ClaimedTest,
  { name, place, rows, upTo }: { name: string; place: Place; rows: RowBlock; upTo: number },
): Promise<Question> {
  const { tree, names } = cteQuery(model.tree(), name);
  if (tree === undefined) throw testRefusal(unknownCte(name, place, names));
  const [sql = ''] = await compilerOf(engine).print([freezeClock(tree, moment)]);
  const relations = givenInputs({ bound, model, test }, { upTo, nowIso: moment.nowIso });
  const described = await engine.describe({ sql, relations, timezone: bound.project.timezone });
  if (!described.ok)
    throw testRefusal({ code: 'LS1205', message: `${name} cannot be asked: ${described.message}`, place });
  const stranger = rows.columns.find((column) => !described.columns.some((known) => known.name === column.name));
  if (stranger !== undefined)
    throw testRefusal({
      code: 'LS1204',
      message: `Column ${stranger.name} does not exist in ${name}`,
      place: stranger.place,
      hint: `it has: ${described.columns.map((column) => column.name).join(', ')}`,
    });
  return { of: name, arrival: undefined, sql, columns: described.columns };
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
