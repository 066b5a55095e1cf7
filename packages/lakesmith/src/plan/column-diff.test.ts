import { describe, expect, it } from 'vitest';
import type { Column } from '../core/schema.ts';
import { columnChanges, columnLines } from './column-diff.ts';
import { explainPlan } from './explain.ts';
import { makePlan } from './make.ts';
import { planJson } from './plan-json.ts';
import { model, project, settledWorld, source } from './sketch.test-suite.ts';

const stored: readonly Column[] = [
  { name: 'id', type: 'long' },
  { name: 'amount', type: 'integer' },
  { name: 'marge', type: 'decimal(18,2)' },
  { name: 'discount', type: 'double' },
  { name: '_note', type: 'string' },
];
const wanted: readonly Column[] = [
  { name: 'id', type: 'long' },
  { name: 'amount', type: 'long' },
  { name: 'margin', type: 'decimal(18,2)' },
  { name: 'at', type: 'date' },
];
const place = { file: 'f', line: 1, column: 1 };
const renamed = { renamedFrom: new Map([['margin', { from: 'marge', place }]]) };

describe('what a plan tells of columns', () => {
  it('each change once, a rename as one', () => {
    expect(columnLines(columnChanges(renamed, wanted, stored))).toEqual([
      '~ amount    integer -> bigint',
      '~ margin    was marge',
      '+ at        date',
      '- discount',
      '- _note',
    ]);
  });

  it('a rename that is not said is one that goes and one that comes', () => {
    const changes = columnChanges({ renamedFrom: new Map() }, wanted, stored);
    expect(changes.map(({ kind, column }) => `${kind} ${column}`)).toEqual([
      'retyped amount',
      'added margin',
      'added at',
      'dropped marge',
      'dropped discount',
      'dropped _note',
    ]);
  });

  it('a rename that was done is no change any more', () => {
    expect(columnChanges(renamed, wanted, wanted)).toEqual([]);
  });
});

describe('a model whose columns change', () => {
  const tables = [source('orders'), model('silver.orders', ['bronze.orders'])];
  const before = project(tables);
  const world = settledWorld(before, makePlan);
  const after = (lake: string, onRebuild: 'hold' | 'rebuild'): ReturnType<typeof project> => ({
    ...project([source('orders'), model('silver.orders', ['bronze.orders'], { fingerprint: 'm2' })], {
      lake,
      onRebuild,
    }),
    schemas: new Map([...before.schemas, ['silver.orders', [{ name: 'other', type: 'date' }]]]),
  });
  const actionIn = (lake: string, onRebuild: 'hold' | 'rebuild', apply = false): string | undefined =>
    makePlan(after(lake, onRebuild), world, { apply }).steps.find(({ table }) => table === 'silver.orders')?.action;

  it('is shown below its line, and in JSON', () => {
    const plan = makePlan(after('./lake', 'rebuild'), world);
    expect(explainPlan(plan, before)).toContain('model changed\n      + other  date\n      - ');
    expect(JSON.stringify(planJson(plan))).toContain('"columns":[{"kind":"added","column":"other","type":"date"}');
  });

  it('waits for --apply when a column goes, but in a lake of one machine that rebuilds', () => {
    expect(actionIn('./lake', 'rebuild')).toBe('full');
    expect(actionIn('./lake', 'hold')).toBe('held');
    expect(actionIn('s3://b/lake', 'rebuild')).toBe('held');
    expect(actionIn('s3://b/lake', 'rebuild', true)).toBe('full');
  });
});
