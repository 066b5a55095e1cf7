import { describe, expect, it } from 'vitest';
import type { PastStep } from './estimate.ts';
import { estimatePlan } from './estimate.ts';
import { explainTable } from './explain-table.ts';
import { makePlan } from './make.ts';
import { tablesBetween } from './selection.ts';
import { model, project, settledWorld, source } from './sketch.test-suite.ts';

const place = { file: 'f', line: 1, column: 1 };
const rule = { sql: 'a > 0', tree: {}, place };
const tables = [
  source('orders'),
  source('people'),
  model('silver.orders', ['bronze.orders']),
  model('silver.people', ['bronze.people']),
  model('gold.sales', ['silver.orders', 'silver.people'], {
    key: ['id'],
    rules: [
      { ...rule, name: 'kept', severity: 'drop' },
      { ...rule, name: 'told', severity: 'warn' },
    ],
    checks: [
      {
        kind: 'references',
        name: 'known',
        severity: 'fail',
        place,
        columns: ['a'],
        table: 'silver.people',
        toColumns: ['a'],
      },
      { kind: 'not_null', name: 'there', severity: 'fail', place, columns: ['a'] },
    ],
  }),
];
const bound = project(tables);
const observation = settledWorld(bound, makePlan);

function explained(recent: readonly PastStep[], full = true): string {
  const plan = makePlan(bound, observation, full ? { full: new Set(['gold.sales']) } : {});
  const estimated = estimatePlan(plan, new Map([['gold.sales', recent]]), 1);
  return explainTable(estimated, bound, { table: 'gold.sales', observation }).text;
}

describe('one table of a plan', () => {
  it('is told with inputs, what judges it at what cost, and what to expect', () => {
    const past = { action: 'full', strategy: 'full', elapsedMs: 500 };
    const recent = [
      { ...past, run: 3 },
      { ...past, run: 2, elapsedMs: 1500 },
      { run: 1, action: 'incremental', strategy: 'append', elapsedMs: 9000 },
    ];
    expect(`\n${explained(recent)}\n`).toBe(`
gold.sales  full
  why        --full
  how        never by adding rows alone: it joins tables
  now        version 0, 10 rows, 1 file, 1 kB
  files      deletion vectors once it is made anew with a million rows or more; it has 10 rows
  inputs     silver.orders  version 0, 10 rows
             silver.people  version 0, 10 rows
  judged by  key id  fail  whole table
             kept    drop  same pass
             told    warn  each row
             known   fail  other tables
             there   fail  each row
  expect     10 rows, 1 kB, 1.5 s, by the last 2 runs like it
`);
  });

  it('says when there is no history, and when there is nothing to do', () => {
    expect(explained([])).toContain('expect     no history yet');
    expect(explained([], false)).toContain('expect     nothing to do');
  });
});

describe('the part between', () => {
  const between = (from?: string, to?: string): string[] =>
    [
      ...tablesBetween(bound.project, { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }),
    ].sort();

  it('is what leads from one to the other', () => {
    expect(between('bronze.orders', 'gold.sales')).toEqual(['bronze.orders', 'gold.sales', 'silver.orders']);
    expect(between('silver.people')).toEqual(['gold.sales', 'silver.people']);
    expect(between(undefined, 'silver.people')).toEqual(['bronze.people', 'silver.people']);
    expect(() => between('silver.orders', 'silver.people')).toThrow(
      'Nothing leads from silver.orders to silver.people',
    );
  });

  it('is all that is planned', () => {
    const select = tablesBetween(bound.project, { from: 'silver.orders' });
    const plan = makePlan(bound, observation, { select, exactly: true, full: select });
    expect(plan.steps.map(({ table, action }) => `${table} ${action}`)).toEqual([
      'silver.orders full',
      'gold.sales full',
    ]);
  });
});
