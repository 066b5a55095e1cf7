import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../core/schema.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { bindProject } from '../project/bind.ts';
import { memoryProjectFiles } from '../project/files.ts';
import { loadProject } from '../project/load.ts';
import { compilerOf } from './compiler.ts';
import type { TestOutcome } from './test-model.ts';
import { testModel } from './test-model.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckDb({});
});
afterAll(() => engine.close());

const orders: readonly Column[] = [
  { name: 'id', type: 'long' },
  { name: 'status', type: 'string' },
  { name: 'amount', type: 'double' },
  { name: 'moved', type: 'timestamp' },
];

const project = {
  'lakesmith.yml': 'lakesmith: 1\nname: t\ntimezone: Europe/Vienna\n',
  'bronze/orders.yml': 'files: landing/*.csv\nkey: id\n',
  'silver/orders.sql': `/* ---
key: id
expect:
  quarantine:
    known: status in ('paid', 'open')
    positive: amount > 0
  drop:
    not_a_test: id < 1000
--- */
with latest as (select * from bronze.orders qualify row_number() over (partition by id order by moved desc) = 1),
     sums as (select count(*) as n from latest)
select id, status, amount / 3 as third, amount, moved::date as day, current_date - moved::date as age from latest`,
  'silver/tiers.sql': 'select id, status, moved as updated_at from bronze.orders',
  'silver/tiers.yml': 'kind: history\nkey: id\nvalid_from: updated_at\n',
};

async function outcome(test: string): Promise<TestOutcome> {
  const files = memoryProjectFiles({ ...project, 'tests/t.test.yml': test });
  const loaded = await loadProject(files, { environment: undefined, env: {}, compiler: compilerOf(engine) });
  const { bound } = await bindProject(loaded, compilerOf(engine), { schemas: new Map([['bronze.orders', orders]]) });
  const [one] = loaded.extras.tests;
  if (one === undefined) throw new Error('no test was read');
  return await testModel({ bound, engine, nowMs: Date.UTC(2026, 2, 10, 12) }, one);
}

async function told(test: string): Promise<readonly string[]> {
  const { differences, problems } = await outcome(test);
  return [
    ...problems.map(({ message, place }) => `${place?.line ?? 0}: ${message}`),
    ...differences.flatMap(({ of, arrival, missing, unexpected }) => [
      ...missing.map((row) => `${of}${arrival ?? ''} - ${row.join('|')}`),
      ...unexpected.map((row) => `${of}${arrival ?? ''} + ${row.join('|')}`),
    ]),
  ];
}

const given = `given:
  bronze.orders: |
    id,   status,  amount, moved
    1,    paid,    10,     2026-03-01 00:30:00
    1,    open,    10,     2026-02-01 00:30:00
    2,    lost,    -1,     2026-03-02
    3,    '',      1,      2026-03-03
    1000, paid,    1,      2026-03-03
`;

describe('a test of a model', () => {
  it('passes when the model makes the rows, its rules applied, in any order and for the columns that are named', async () => {
    expect(
      await told(`test: silver.orders
now: 2026-03-11
${given}expect: |
  id, day,        third,         age, status
  1,  2026-03-01, 3.33333333333, 10,  paid
quarantined: |
  _reasons,       id
  known,          3
  positive known, 2
`),
    ).toEqual([]);
  });

  it('reads times and days in the time zone of the project', async () => {
    // Half past midnight in Vienna is the day before in Greenwich.
    expect(await told(`test: silver.orders\n${given}expect: |\n  id, day\n  1,  2026-02-28\n`)).toEqual([
      'rows - 1|2026-02-28',
      'rows + 1|2026-03-01',
    ]);
  });

  it('tells rows that are missing, that are too much, and that stand there too often', async () => {
    expect(
      await told(`test: silver.orders\n${given}expect: |\n  id, status\n  1,  paid\n  1,  paid\n  4,  open\n`),
    ).toEqual(['rows - 1|paid', 'rows - 4|open']);
    expect(await told(`test: silver.orders\n${given}expect: |\n  id\n`)).toEqual(['rows + 1']);
    expect(await told(`test: silver.orders\n${given}quarantined: |\n  id\n  2\n`)).toEqual(['quarantined + 3']);
  });

  it('looks at what the model names in its WITH', async () => {
    const rows = (n: number): string => `test: silver.orders\n${given}with:\n  sums: |\n    n\n    ${n}\n`;
    expect(await told(rows(4))).toEqual([]);
    expect(await told(rows(5))).toEqual(['sums - 5', 'sums + 4']);
  });

  it('lets rows arrive one after the other, and looks after each', async () => {
    const test = (last: string): string => `test: silver.orders
given:
  bronze.orders:
    - |
      id, status, amount, moved
      1,  open,   1,      2026-03-01
    - |
      id, status, amount, moved
      1,  paid,   1,      2026-03-02
expect:
  - |
    id, status
    1,  open
  - |
    id, status
    1,  ${last}
`;
    expect(await told(test('paid'))).toEqual([]);
    expect(await told(test('open'))).toEqual(['rows2 - 1|open', 'rows2 + 1|paid']);
  });

  it('takes given rows as entries of a change log where the model keeps history', async () => {
    const test = (until: string): string => `test: silver.tiers
given:
  bronze.orders: |
    id, status, moved,       _change_type
    7,  basic,  2026-01-01,
    7,  gold,   2026-02-01,
    7,  gold,   2026-03-01, delete
expect: |
  id, status, valid_from, valid_to,   is_current
  7,  basic,  1900-01-01T00:00:00Z, 2026-02-01, false
  7,  gold,   2026-02-01, ${until}, false
`;
    expect(await told(test('2026-03-01'))).toEqual([]);
    expect((await told(test('2026-03-02'))).length).toBe(2);
  });

  it.each([
    [
      'silver.order',
      'test: silver.orders\ngiven:\n  bronze.orders: |\n    id, statos\n    1, x\nexpect: |\n  id\n',
      '4: Column statos does not exist in bronze.orders',
    ],
    [
      'an input that is not read',
      'test: silver.orders\ngiven:\n  silver.tiers: |\n    id\n    1\nexpect: |\n  id\n',
      '3: silver.orders does not read silver.tiers',
    ],
    [
      'no model',
      'test: bronze.orders\ngiven:\n  bronze.orders: |\n    id\n    1\nexpect: |\n  id\n',
      '1: bronze.orders is not a model, so there is nothing to test',
    ],
    [
      'a value of another type',
      `test: silver.orders\ngiven:\n  bronze.orders: |\n    id, moved\n    1,  2026-03-01\n    x1, 2026-03-01\nexpect: |\n  id\n`,
      '6: x1 is no BIGINT, which id is',
    ],
    [
      'an expected value of another type',
      `test: silver.orders\n${given}expect: |\n  id\n  many\n`,
      '12: many is no BIGINT, which id is',
    ],
    [
      'no moment',
      `test: silver.orders\nnow: soon\n${given}expect: |\n  id\n`,
      '2: "now" must be a moment, and soon is none',
    ],
    [
      'no part of the WITH',
      `test: silver.orders\n${given}with:\n  latst: |\n    id\n    1\n`,
      '11: The model names nothing latst in its WITH',
    ],
  ])('says where it is wrong: %s', async (_, test, message) => {
    expect(await told(test)).toEqual([message]);
  });
});
