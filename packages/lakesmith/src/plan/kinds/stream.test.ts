import { describe, expect, it } from 'vitest';
import type { ModelTable } from '../../project/model.ts';
import { makePlan } from '../make.ts';
import type { Observation, TableState } from '../observation.ts';
import type { PlanStep } from '../plan.ts';
import { model, pendingFiles, project, settledWorld, source } from '../sketch.test-suite.ts';

const stream = { follows: 'bronze.orders', joins: 'now' } as const;

function taken(over: Partial<ModelTable> = {}): ModelTable {
  return model('silver.taken', ['bronze.orders', 'bronze.names'], { modelKind: 'stream', stream, ...over });
}

const bound = (over: Partial<ModelTable> = {}) => project([source('orders'), source('names'), taken(over)]);
const settled = settledWorld(bound(), makePlan);

/** What is planned for the stream; `files` of which source have come, `state` what is otherwise of it. */
function planned({
  over = {},
  files,
  state = {},
  full = false,
}: {
  over?: Partial<ModelTable>;
  files?: string;
  state?: Partial<TableState>;
  full?: boolean;
}): PlanStep | undefined {
  const seen = settled.tables.get('silver.taken');
  if (seen === undefined) throw new Error('no table');
  const world: Observation = {
    ...settled,
    tables: new Map([...settled.tables, ['silver.taken', { ...seen, ...state }]]),
    sources: files === undefined ? settled.sources : new Map([...settled.sources, [files, pendingFiles(1)]]),
  };
  const plan = makePlan(bound(over), world, full ? { full: new Set(['silver.taken']) } : {});
  return plan.steps.find(({ table }) => table === 'silver.taken');
}

describe('a stream', () => {
  it('is up to date until the table that it follows changes, whatever others do', () => {
    expect(planned({})).toMatchObject({ action: 'skip', reason: '' });
    expect(planned({ files: 'bronze.names' })).toMatchObject({ action: 'skip', reason: '' });
    expect(planned({ files: 'bronze.orders' })).toMatchObject({
      action: 'incremental',
      strategy: 'append',
      reason: 'bronze.orders changed',
      after: ['bronze.orders'],
    });
  });

  it.each([
    ['model changed', { over: { fingerprint: 'm2' } }],
    ['rules changed', { over: { rulesFingerprint: 'u2', removingFingerprint: 'r2' } }],
    ['changed by another writer', { state: { foreign: true, madeBy: undefined } }],
  ] as const)('goes on all the same: %s', (reason, world) => {
    expect(planned(world)).toMatchObject({
      action: 'incremental',
      strategy: 'append',
      detail: 'new rows of bronze.orders; what it made stays',
      reason,
    });
  });

  it('is made anew when that is asked of it', () => {
    expect(planned({ full: true })).toMatchObject({ action: 'full', reason: '--full' });
  });

  it('waits for --apply to be made a table', () => {
    expect(planned({ over: { modelKind: 'table', stream: undefined, fingerprint: 'm2' } })).toMatchObject({
      action: 'held',
      reason: 'model changed',
    });
  });
});
