import { describe, expect, it } from 'vitest';
import type { StorageSettings } from '../core/storage-settings.ts';
import { plainStorage } from '../core/storage-settings.ts';
import type { MadeBy } from '../lake/release.ts';
import { makePlan } from './make.ts';
import type { Observation } from './observation.ts';
import type { PlanStep } from './plan.ts';
import { applied, model, newWorld, pendingFiles, project, rowWise, source } from './sketch.test-suite.ts';
import type { BoundProject } from '../project/model.ts';

const shop = (storage: Partial<StorageSettings> = {}, more: Partial<BoundProject['project']> = {}): BoundProject =>
  project(
    [
      source('orders'),
      model('silver.orders', ['bronze.orders'], { facts: rowWise, storage: { ...plainStorage, ...storage } }),
      model('gold.sales', ['silver.orders']),
    ],
    more,
  );

const plain = shop();
const settled = applied(plain, newWorld(plain), makePlan(plain, newWorld(plain)));
const stepOf = (bound: BoundProject, world: Observation = settled): PlanStep | undefined =>
  makePlan(bound, world).steps.find(({ table }) => table === 'silver.orders');

/** The world in which silver.orders was made, or laid out, so. */
function madeWith(change: Partial<MadeBy>, version = 0): Observation {
  const state = settled.tables.get('silver.orders');
  if (state?.madeBy === undefined) throw new Error('it was not made');
  const tables = new Map([
    ...settled.tables,
    ['silver.orders', { ...state, version, madeBy: { ...state.madeBy, ...change } }] as const,
  ]);
  return { ...settled, tables };
}

describe('settings of how a table lies', () => {
  it.each([
    [{ clusterBy: ['id'] }, 'alter', 'recluster', 'recluster: rewrites 1 file', 'cluster_by changed'],
    [{ properties: { a: '1' } }, 'alter', 'properties', 'properties: a', 'properties changed'],
    [{ partitionBy: ['id'] }, 'full', 'full', '', 'partition_by changed'],
  ] as const)('that changed to %j are met', (storage, action, strategy, detail, reason) => {
    expect(stepOf(shop(storage))).toMatchObject({ action, strategy, detail, reason });
    // What is made of the table has the same rows, unless it is made anew.
    const reader = makePlan(shop(storage), settled).steps.at(-1);
    expect(reader?.action).toBe(action === 'full' ? 'full' : 'skip');
  });

  it('that are taken back cost no rewriting', () => {
    const before = madeWith({ storage: { ...plainStorage, clusterBy: ['id'], properties: { a: '1' } } });
    expect(stepOf(plain, before)).toMatchObject({ action: 'alter', strategy: 'properties', detail: 'properties: a' });
  });

  it('wait where rebuilds wait, when only a rebuild can meet them', () => {
    const hold = { onRebuild: 'hold' } as const;
    expect(stepOf(shop({ partitionBy: ['id'] }, hold))).toMatchObject({ action: 'held' });
    expect(stepOf(shop({ clusterBy: ['id'] }, hold))).toMatchObject({ action: 'alter' });
  });

  it('are the base’s to meet in an overlay', () => {
    const state = settled.tables.get('silver.orders');
    if (state === undefined) throw new Error('it is not there');
    const tables = new Map([...settled.tables, ['silver.orders', { ...state, shared: true as const }] as const]);
    expect(stepOf(shop({ clusterBy: ['id'] }), { ...settled, tables })).toMatchObject({ action: 'skip' });
  });

  it('come with rows that are written anyway, all of them when their order is another', () => {
    const more = { ...settled, sources: new Map([['bronze.orders', pendingFiles(1)]]) };
    expect(stepOf(shop({ properties: { a: '1' } }), more)).toMatchObject({ action: 'incremental' });
    expect(stepOf(shop({ clusterBy: ['id'] }), more)).toMatchObject({ action: 'full' });
  });

  it('leave what was made of the rows before as it is, and let it grow only while the files are the same', () => {
    const readerOf = (world: Observation): PlanStep | undefined => {
      const bound = project([
        source('orders'),
        model('silver.orders', ['bronze.orders'], { facts: rowWise }),
        model('gold.sales', ['silver.orders'], { facts: rowWise }),
      ]);
      return makePlan(bound, world).steps.at(-1);
    };
    const moved = madeWith({ since: { rows: 0, files: 1 } }, 1);
    expect(readerOf(moved)).toMatchObject({ action: 'skip' });
    expect(readerOf(madeWith({}, 1))).toMatchObject({ action: 'full' });
    const more = (world: Observation): Observation => ({
      ...world,
      sources: new Map([['bronze.orders', pendingFiles(1)]]),
    });
    expect(readerOf(more(moved))).toMatchObject({ action: 'full' });
    expect(readerOf(more(madeWith({ since: { rows: 0, files: 0 } }, 1)))).toMatchObject({ action: 'incremental' });
  });
});
