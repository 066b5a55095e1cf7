import { describe, expect, it } from 'vitest';
import { explainPlan } from './explain.ts';
import { makePlan } from './make.ts';
import type { Observation } from './observation.ts';
import type { PlanStep } from './plan.ts';
import { applied, columns, model, newWorld, pendingFiles, project, source } from './sketch.test-suite.ts';
import type { ModelTable } from '../project/model.ts';
import type { BoundProject } from '../project/model.ts';

const view = (over: Partial<ModelTable> = {}): ModelTable =>
  model('silver.good', ['bronze.orders'], { modelKind: 'view', ...over });
const reader = (over: Partial<ModelTable> = {}): ModelTable =>
  model('gold.sales', ['bronze.orders'], { reads: ['silver.good'], ...over });
const shop = (over: Partial<ModelTable> = {}, more: Partial<BoundProject['project']> = {}): BoundProject =>
  project([source('orders'), view(over), reader()], more);

/** The world after the first run: the view stands in the release. */
function settled(bound: BoundProject): Observation {
  const world = newWorld(bound);
  const after = applied(bound, world, makePlan(bound, world));
  const madeBy = { run: 1, fingerprint: 'm1', rulesFingerprint: 'u1', inputs: { 'bronze.orders': 0 }, day: undefined };
  return {
    ...after,
    released: new Set([...after.released, 'silver.good']),
    views: new Map([['silver.good', { columns, madeBy }]]),
  };
}

const stepOf = (bound: BoundProject, world: Observation, options = {}): PlanStep | undefined =>
  makePlan(bound, world, options).steps.find(({ table }) => table === 'silver.good');

describe('a view in a plan', () => {
  it('is defined first, before what reads it', () => {
    const plan = makePlan(shop(), newWorld(shop()));
    expect(plan.steps.map(({ table, action, reason }) => [table, action, reason])).toEqual([
      ['bronze.orders', 'load', 'new source'],
      ['silver.good', 'view', 'new view'],
      ['gold.sales', 'full', 'new table'],
    ]);
    expect(plan.steps.at(-1)?.after).toEqual(['bronze.orders', 'silver.good']);
  });

  it('sees new rows of what it reads, and is judged again when something judges it', () => {
    const world = settled(shop());
    expect(stepOf(shop(), world)).toMatchObject({ action: 'skip' });
    const more = { ...world, sources: new Map([['bronze.orders', pendingFiles(1)]]) };
    expect(stepOf(shop(), more)).toMatchObject({ action: 'view', detail: 'new rows are seen' });
    const keyed = shop({ key: ['id'] });
    expect(stepOf(keyed, more)).toMatchObject({
      action: 'view',
      detail: 'judged again',
      reason: 'bronze.orders changed',
    });
  });

  it.each([
    ['its definition', { fingerprint: 'm2', parts: { model: 'm2' } }, 'model changed'],
    ['its rules', { rulesFingerprint: 'u2' }, 'rules changed'],
  ])('is defined anew when %s changes, also where rebuilds wait', (_, change, reason) => {
    const bound = shop(change, { onRebuild: 'hold' });
    expect(stepOf(bound, settled(shop()))).toMatchObject({ action: 'view', reason });
  });

  it('takes the place of a table only when that may go', () => {
    const table = project([source('orders'), model('silver.good', ['bronze.orders']), reader()]);
    const world = newWorld(table);
    const before = applied(table, world, makePlan(table, world));
    expect(stepOf(shop(), before)).toMatchObject({ action: 'view', reason: 'was a table', detail: 'its files stay' });
    const holding = shop({}, { onRebuild: 'hold' });
    expect(stepOf(holding, before)).toMatchObject({ action: 'held', reason: 'was a table' });
    expect(makePlan(holding, before).steps.at(-1)).toMatchObject({ action: 'blocked', blockedBy: 'silver.good' });
    expect(stepOf(holding, before, { apply: true })).toMatchObject({ action: 'view' });
  });

  it('becomes a table that is made whole, whatever lies in the folder', () => {
    const table = project([source('orders'), model('silver.good', ['bronze.orders']), reader()]);
    const world = newWorld(table);
    const old = applied(table, world, makePlan(table, world)).tables;
    const after = { ...settled(shop()), tables: old };
    expect(makePlan(table, after).steps[1]).toMatchObject({ action: 'full', reason: 'was a view' });
  });

  it('leaves the release without files', () => {
    const without = project([source('orders')]);
    const plan = makePlan(without, settled(shop()));
    expect(plan.dropped).toEqual(['gold.sales', 'silver.good']);
    expect(explainPlan(plan, without)).toMatch(/silver\.good +drop +leaves the release +not in the project/);
  });
});
