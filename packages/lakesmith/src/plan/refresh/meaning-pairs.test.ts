import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dice } from '../../core/dice.ts';
import { toEngineType } from '../../core/type-policy.ts';
import { openEngineCompiler } from '../../project/engine-compiler.test-suite.ts';
import type { Meaning } from '../../sql/refresh/meaning.ts';
import { meaningOfPlan } from '../../sql/refresh/meaning.ts';
import { proveRefresh } from '../../sql/refresh/proof.ts';
import { isNode } from '../../sql/tree.ts';
import { editedTree } from './random-edit.test-suite.ts';
import { QueryMaker } from './random-query.test-suite.ts';
import { provenTables, randomTables, RowMaker } from './random-rows.test-suite.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
let connection: DuckDBConnection;

beforeAll(async () => {
  compiler = await openEngineCompiler();
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  connection = await instance.connect();
  await connection.run("set timezone = 'UTC'; set memory_limit = '1GB'; create schema bronze");
});
afterAll(async () => {
  connection.closeSync();
  await compiler.engine.close();
});

const tables = new Map(randomTables.map(({ name, columns }) => [name, columns]));
const counts = new Map<string, number>();
const bump = (what: string): unknown => counts.set(what, (counts.get(what) ?? 0) + 1);

async function meant(sql: string): Promise<Meaning | undefined> {
  const [planned] = await compiler.plan([sql], tables, 'UTC');
  const meaning = planned?.ok ? meaningOfPlan(planned.plan) : undefined;
  if (typeof meaning === 'string') bump(`untold: ${meaning.slice(0, 40)}`);
  return typeof meaning === 'string' ? undefined : meaning;
}

/** Whether the rows of a SELECT follow from what is in the tables alone. */
async function isSettled(sql: string): Promise<boolean> {
  const [parsed] = await compiler.parse([sql]);
  if (!parsed?.ok) return false;
  const result = await proveRefresh(compiler, { tree: parsed.tree, inputs: provenTables, timezone: 'UTC' });
  return result.ok && result.proof.obstacles.length === 0;
}

async function fill(dice: Dice): Promise<void> {
  const maker = new RowMaker(dice);
  for (const table of randomTables) {
    const typed = table.columns.map((one) => `${one.name} ${toEngineType(one.type)}`).join(', ');
    const rows = Array.from({ length: 12 }, () => `(${maker.row(table).join(', ')})`);
    await connection.run(
      `create or replace table ${table.name} (${typed}); insert into ${table.name} values ${rows.join(', ')}`,
    );
  }
}

/** Some of the columns of a SELECT as a sorted list of texts; or that it fails. */
async function bag(sql: string, width: number, columns: readonly number[]): Promise<readonly string[] | 'fails'> {
  const names = Array.from({ length: width }, (_, i) => `c${i}`);
  const shown = columns.map((column, i) => `c${column} as d${i}`);
  const text = `select q::varchar from (select ${shown.join(', ')} from (${sql}) as p(${names.join(', ')})) as q`;
  try {
    return (await connection.runAndReadAll(text)).getRows().map(String).sort();
  } catch {
    return 'fails';
  }
}

/** Whatever two SELECTs have in common by what they mean has to be the same rows. */
async function compare(
  one: string,
  two: string,
  { kind, dice }: { readonly kind: string; readonly dice: Dice },
): Promise<void> {
  const [a, b] = [await meant(one), await meant(two)];
  if (a === undefined || b === undefined) return;
  if (a.rows !== b.rows) return void bump('other rows');
  const left: number[] = [];
  const right: number[] = [];
  for (const [i, column] of a.columns.entries()) {
    const j = b.columns.indexOf(column);
    if (j >= 0) {
      left.push(i);
      right.push(j);
    }
  }
  const isSame = a.computed === b.computed && left.length === a.columns.length && left.length === b.columns.length;
  bump(isSame ? 'the same' : 'the same rows');
  if (isSame) bump(`the same by ${kind}`);
  if (left.length === 0 || !(await isSettled(one)) || !(await isSettled(two))) return;
  for (let times = 0; times < 3; times++) {
    await fill(dice);
    const rows = await bag(one, a.columns.length, left);
    if (rows === 'fails') continue;
    const others = await bag(two, b.columns.length, right);
    // What only one of them computes may fail there.
    if (others === 'fails' && !isSame) continue;
    bump(rows.length === 0 ? 'compared nothing' : 'compared rows');
    expect(others, `${kind}\n${one}\n${two}`).toEqual(rows);
  }
}

/** The same said otherwise. */
const wordings: readonly (readonly [kind: string, say: (sql: string) => string])[] = [
  ['names', (sql) => sql.replaceAll(/\b(q|p|cte\d+)\b/g, 'renamed_$1')],
  ['a CTE', (sql) => `with final as (${sql}) select * from final`],
  ['two CTEs', (sql) => `with one as (${sql}), two as (select * from one) select two.* from two`],
  ['a subquery', (sql) => `select * from (${sql}) as inner_rows`],
  ['parentheses', (sql) => `(${sql})`],
];

const pairs = Number(process.env['MEANING_PAIRS'] ?? 60);
const first = Number(process.env['MEANING_SEED'] ?? 1);

describe('what random SELECTs mean', () => {
  it('is the same whatever words say it', async () => {
    for (let seed = first; seed < first + pairs / 5; seed++) {
      const sql = new QueryMaker(new Dice(seed)).query();
      const meaning = await meant(sql);
      if (meaning === undefined) continue;
      bump('said otherwise');
      for (const [kind, say] of wordings) expect(await meant(say(sql)), `${kind}\n${sql}`).toEqual(meaning);
    }
    expect(counts.get('said otherwise') ?? 0).toBeGreaterThan(pairs / 20);
  }, 3_600_000);

  it('is the same only where the rows are', async () => {
    for (let seed = first; seed < first + pairs; seed++) {
      const dice = new Dice(seed);
      const sql = new QueryMaker(dice).query();
      const [parsed] = await compiler.parse([sql]);
      if (!parsed?.ok || !isNode(parsed.tree)) continue;
      for (let times = 0; times < 3; times++) {
        const edited = editedTree(parsed.tree, dice);
        const [text] = edited === undefined ? [] : await compiler.print([edited.tree]).catch(() => []);
        if (edited === undefined || text === undefined) continue;
        bump(`edited: ${edited.kind}`);
        await compare(sql, text, { kind: edited.kind, dice });
      }
    }
    if (process.env['MEANING_COUNTS'] !== undefined) console.log(Object.fromEntries(counts));
    // What never says that two are the same is never wrong.
    for (const name of ['the same', 'the same rows', 'other rows', 'compared rows', 'the same by swap'])
      expect(counts.get(name) ?? 0, name).toBeGreaterThan(0);
    for (const kind of ['word', 'number', 'text', 'flag', 'swap', 'drop', 'condition', 'column'])
      expect(counts.get(`edited: ${kind}`) ?? 0, kind).toBeGreaterThan(0);
  }, 3_600_000);
});
