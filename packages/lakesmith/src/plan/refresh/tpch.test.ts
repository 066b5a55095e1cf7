import { afterAll, beforeAll, expect, it } from 'vitest';
import { tpchQueries, tpchTables } from '../../../../../tests/support/tpch/queries.ts';
import { parseUserType } from '../../core/type-policy.ts';
import { openEngineCompiler } from '../../project/engine-compiler.test-suite.ts';
import { proveRefresh } from '../../sql/refresh/proof.ts';
import { foldText, obstacleIn, takenWay, waysOf } from './choice.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const tables = new Map(
  Object.entries(tpchTables).map(([name, columns]) => [
    `bronze.${name}`,
    Object.entries(columns).map(([column, type]) => ({ name: column, type: parseUserType(type) })),
  ]),
);
const inputs = new Map([...tables].map(([name, columns]) => [name, { columns, unique: [] }]));

/** How a question is kept up when rows come to these tables and go: by which columns, or what keeps it from it. */
async function way(sql: string, changed: readonly string[]): Promise<string> {
  const bound = await compiler.bind(sql, tables, 'UTC');
  if (!bound.ok) throw new Error(bound.message);
  const [parsed] = await compiler.parse([sql]);
  if (parsed === undefined || !parsed.ok) throw new Error('it cannot be parsed');
  const result = await proveRefresh(compiler, { tree: parsed.tree, inputs, timezone: 'UTC' });
  if (!result.ok) return result.why;
  const { proof } = result;
  const obstacle = obstacleIn(proof, undefined);
  if (obstacle !== undefined) return obstacle;
  const read = changed.map((name) => `bronze.${name}`).filter((name) => proof.occurrences.includes(name));
  const ways = waysOf(proof, new Set(read), { model: { key: [], refresh: 'auto' }, columns: bound.columns });
  const taken = takenWay(ways, false);
  if (taken?.kind === 'fold') return foldText(taken.way, bound.columns);
  if (ways.keyed === undefined) return 'in full';
  const { keyed } = ways;
  return [...new Set(keyed.map(({ keys }) => keys.map(({ column }) => bound.columns[column]?.name).join(', ')))].join(
    '; ',
  );
}

/** What is said of each question: when orders and their lines change, and when any table does. '': it reads none of them. */
const expected: Readonly<Record<string, readonly [string, string]>> = {
  q01: ['l_returnflag, l_linestatus', 'l_returnflag, l_linestatus'],
  q02: ['', 'in full'],
  q03: ['sums by l_orderkey, o_orderdate, o_shippriority', 'sums by l_orderkey, o_orderdate, o_shippriority'],
  // What is grouped is compared by order, and by customer.
  q04: ['sums by o_orderpriority', 'sums by o_orderpriority'],
  q05: ['sums by n_name', 'sums by n_name'],
  // A total over everything has no key, but can be added to.
  q06: ['sums', 'sums'],
  q07: ['sums by supp_nation, cust_nation, l_year', 'sums by supp_nation, cust_nation, l_year'],
  q08: ['sums by o_year', 'sums by o_year'],
  q09: ['sums by nation, o_year', 'sums by nation, o_year'],
  q10: [
    'sums by c_custkey, c_name, c_acctbal, n_name, c_phone',
    'sums by c_custkey, c_name, c_acctbal, n_name, c_phone',
  ],
  // Compared with a total of the same tables.
  q11: ['', 'in full'],
  q12: ['sums by l_shipmode', 'sums by l_shipmode'],
  q13: ['sums by c_count', 'sums by c_count'],
  // What two totals are to each other cannot.
  q14: ['in full', 'in full'],
  q15: ['in full', 'in full'],
  // NOT IN looks at every row of the other table.
  q16: ['', 'in full'],
  q17: ['in full', 'in full'],
  q18: [
    'c_custkey, o_orderkey, o_orderdate, o_totalprice; o_orderkey',
    'c_name, c_custkey; c_custkey, o_orderkey, o_orderdate, o_totalprice; o_orderkey',
  ],
  q19: ['sums', 'sums'],
  q20: ['s_suppkey', 'in full'],
  q21: ['sums by s_name', 'sums by s_name'],
  q22: ['cntrycode', 'in full'],
};

it.each(Object.entries(tpchQueries))('%s of TPC-H', async (name, sql) => {
  const told = [await way(sql, ['orders', 'lineitem']), await way(sql, Object.keys(tpchTables))];
  expect(told).toEqual(expected[name]);
});

it('follows what two totals are to each other where both are shown', async () => {
  const shown = tpchQueries['q14']?.replace(
    /select/i,
    "select sum(case when p_type like 'PROMO%' then l_extendedprice * (1 - l_discount) else 0 end) as promo, sum(l_extendedprice * (1 - l_discount)) as revenue,",
  );
  expect(await way(shown ?? '', ['orders', 'lineitem', 'part'])).toBe('sums');
});
