import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelTable, ProjectTable } from '../project/model.ts';
import { makePlan } from './make.ts';
import type { Plan, PlanStep } from './plan.ts';
import {
  applied,
  columns,
  connectionSource,
  model,
  newWorld,
  noSource,
  pendingFiles,
  project,
  reference,
  rowWise,
  settledWorld,
  source,
} from './sketch.test-suite.ts';

function stepOf(plan: Plan, table: string): PlanStep {
  const step = plan.steps.find((candidate) => candidate.table === table);
  if (step === undefined) throw new Error(`no step for ${table}`);
  return step;
}

const chain = [
  source('orders'),
  model('silver.orders', ['bronze.orders'], { facts: rowWise }),
  model('gold.sales', ['silver.orders']),
];

describe('a new lake', () => {
  it('loads sources and makes every table in full, inputs first', () => {
    const bound = project([...chain, reference('regions'), connectionSource('customers', 'changes')]);
    const plan = makePlan(bound, newWorld(bound));
    expect(
      plan.steps.map(({ table, action, strategy, detail, reason, after }) => [
        table,
        action,
        strategy,
        detail,
        reason,
        after,
      ]),
    ).toEqual([
      ['bronze.orders', 'load', 'files', '1 file, 100 B', 'new source', []],
      ['silver.orders', 'full', 'full', '', 'new table', ['bronze.orders']],
      ['gold.sales', 'full', 'full', '', 'new table', ['silver.orders']],
      ['reference.regions', 'load', 'reference', '9 rows', '', []],
      ['bronze.customers', 'load', 'changes', 'snapshot, then changes', 'new source', []],
    ]);
    expect(plan.steps.every((step) => step.readVersion === -1)).toBe(true);
  });

  it('leaves alone what waits for a source without files', () => {
    const bound = project(chain);
    const world = { ...newWorld(bound), sources: new Map([['bronze.orders', { ...noSource, fresh: true }]]) };
    const plan = makePlan(bound, world);
    expect(plan.steps.map(({ action, reason }) => [action, reason])).toEqual([
      ['skip', 'nothing to load yet'],
      ['skip', 'bronze.orders has no data yet'],
      ['skip', 'silver.orders has no data yet'],
    ]);
  });
});

describe('an existing table', () => {
  const bound = project(chain);
  const settled = settledWorld(bound, makePlan);
  const withFiles = { ...settled, sources: new Map([['bronze.orders', pendingFiles(2)]]) };
  const changed = (over: Partial<ModelTable>, onRebuild: 'rebuild' | 'hold' = 'rebuild') =>
    project(
      [
        chain[0] ?? source('orders'),
        model('silver.orders', ['bronze.orders'], { facts: rowWise, ...over }),
        model('gold.sales', ['silver.orders']),
      ],
      { onRebuild },
    );

  it('is skipped when nothing of it changed', () => {
    expect(makePlan(bound, settled).steps.map((step) => step.action)).toEqual(['skip', 'skip', 'skip']);
  });

  it('grows by the new rows of a row-wise model, and is made anew otherwise', () => {
    const plan = makePlan(bound, withFiles);
    expect(stepOf(plan, 'silver.orders')).toMatchObject({
      action: 'incremental',
      strategy: 'append',
      reason: 'bronze.orders changed',
    });
    expect(stepOf(plan, 'gold.sales')).toMatchObject({
      action: 'full',
      detail: 'few rows: all at once is cheaper',
      reason: 'silver.orders changed',
    });
  });

  it('is not appended to when it missed a version of its input', () => {
    const orders = withFiles.tables.get('bronze.orders');
    if (orders === undefined) throw new Error('no table');
    const late = { ...withFiles, tables: new Map([...withFiles.tables, ['bronze.orders', { ...orders, version: 7 }]]) };
    expect(stepOf(makePlan(bound, late), 'silver.orders').strategy).toBe('full');
  });

  it('is not appended to when its input was replaced, or written by somebody else', () => {
    const replacing = project([
      source('orders', {
        from: {
          kind: 'files',
          pattern: 'x/*.json',
          format: 'json',
          header: true,
          delimiter: undefined,
          eachFile: 'replaces',
        },
      }),
      ...chain.slice(1),
    ]);
    expect(stepOf(makePlan(replacing, withFiles), 'silver.orders').strategy).toBe('full');
    const orders = withFiles.tables.get('bronze.orders');
    if (orders === undefined) throw new Error('no table');
    const foreign = {
      ...withFiles,
      tables: new Map([...withFiles.tables, ['bronze.orders', { ...orders, foreign: true }]]),
    };
    expect(stepOf(makePlan(bound, foreign), 'silver.orders').strategy).toBe('full');
  });

  it('keeps no history by appending', () => {
    const history = changed({ modelKind: 'history', facts: { ...rowWise, shape: 'history by id' } });
    expect(stepOf(makePlan(history, withFiles), 'silver.orders')).toMatchObject({
      action: 'full',
      detail: 'history by id',
    });
  });

  it.each([
    ['model changed', { fingerprint: 'm2' }],
    ['rules changed', { rulesFingerprint: 'u2', removingFingerprint: 'r2' }],
    ['refresh: full', { refresh: 'full' }],
    ['current_date moved on', { facts: { ...rowWise, usesClock: true } }],
  ] as const)('is made anew: %s', (reason, over) => {
    expect(stepOf(makePlan(changed(over), settled), 'silver.orders')).toMatchObject({ action: 'full', reason });
  });

  it('is only judged again when no rule that takes rows out is another, and nothing is made of it again', () => {
    const plan = makePlan(changed({ rulesFingerprint: 'u2' }), settled);
    expect(stepOf(plan, 'silver.orders')).toMatchObject({
      action: 'alter',
      strategy: 'judged',
      reason: 'rules changed',
    });
    expect(stepOf(plan, 'gold.sales').action).toBe('skip');
    const state = settled.tables.get('silver.orders');
    if (state === undefined) throw new Error('no table');
    // What is the base's is not written to.
    const shared = new Map([...settled.tables, ['silver.orders', { ...state, shared: true } as const]]);
    const inOverlay = makePlan(changed({ rulesFingerprint: 'u2' }), { ...settled, tables: shared });
    expect(stepOf(inOverlay, 'silver.orders')).toMatchObject({ action: 'full', reason: 'rules changed' });
    expect(stepOf(makePlan(changed({ rulesFingerprint: 'u2' }), withFiles), 'silver.orders')).toMatchObject({
      strategy: 'append',
      reason: 'bronze.orders and its rules changed',
    });
  });

  it('is made anew when its columns are others, and not for bookkeeping columns', () => {
    const wider = {
      ...bound,
      schemas: new Map([...bound.schemas, ['silver.orders', [...columns, { name: 'n', type: 'long' } as const]]]),
    };
    expect(stepOf(makePlan(wider, settled), 'silver.orders')).toMatchObject({
      action: 'full',
      reason: 'columns changed',
    });
    const state = settled.tables.get('silver.orders');
    if (state === undefined) throw new Error('no table');
    const bookkeeping = {
      ...settled,
      tables: new Map([
        ...settled.tables,
        ['silver.orders', { ...state, columns: [...columns, { name: '_run', type: 'long' } as const] }],
      ]),
    };
    expect(stepOf(makePlan(bound, bookkeeping), 'silver.orders').action).toBe('skip');
  });

  it('is made anew when somebody else wrote it', () => {
    const state = settled.tables.get('silver.orders');
    if (state === undefined) throw new Error('no table');
    const foreign = {
      ...settled,
      tables: new Map([...settled.tables, ['silver.orders', { ...state, foreign: true, madeBy: undefined }]]),
    };
    expect(stepOf(makePlan(bound, foreign), 'silver.orders')).toMatchObject({
      action: 'full',
      reason: 'changed by another writer',
    });
  });

  it('is held when a rebuild must wait, with what is behind it blocked, until --apply', () => {
    const held = changed({ fingerprint: 'm2' }, 'hold');
    const plan = makePlan(held, settled);
    expect(stepOf(plan, 'silver.orders')).toMatchObject({ action: 'held', strategy: '', reason: 'model changed' });
    expect(stepOf(plan, 'gold.sales')).toMatchObject({ action: 'blocked', blockedBy: 'silver.orders' });
    expect(stepOf(makePlan(held, settled, { apply: true }), 'silver.orders').action).toBe('full');
    expect(
      stepOf(makePlan(changed({ fingerprint: 'm2', onRebuild: 'rebuild' }, 'hold'), settled), 'silver.orders').action,
    ).toBe('full');
    expect(
      stepOf(makePlan(changed({ rulesFingerprint: 'u2', removingFingerprint: 'r2' }, 'hold'), settled), 'silver.orders')
        .action,
    ).toBe('full');
  });

  it('with refresh: strict is held rather than recomputed', () => {
    const strict = changed({
      refresh: 'strict',
      facts: { ...rowWise, rowWise: { proven: false, why: 'rows are grouped' } },
    });
    // Until that is proven, what is made of it is not held either.
    expect(stepOf(makePlan(strict, withFiles), 'silver.orders')).toMatchObject({ action: 'full', unproven: true });
    const proofs = new Map([['silver.orders', { ok: false, why: 'nobody can tell' }]] as const);
    expect(stepOf(makePlan(strict, withFiles, { proofs }), 'silver.orders')).toMatchObject({
      action: 'held',
      reason: 'refresh: strict, and bronze.orders changed',
    });
    expect(stepOf(makePlan(changed({ refresh: 'strict' }), withFiles), 'silver.orders').action).toBe('incremental');
  });

  it('is recomputed on request, and only it', () => {
    const plan = makePlan(bound, settled, { select: new Set(['silver.orders']), full: new Set(['silver.orders']) });
    expect(plan.steps.map(({ table, action, reason }) => [table, action, reason])).toEqual([
      ['bronze.orders', 'skip', ''],
      ['silver.orders', 'full', '--full'],
    ]);
  });

  it('does not change when only its rules read what changed, but waits for it', () => {
    const audited = project([
      ...chain,
      reference('regions'),
      model('gold.audited', ['silver.orders'], { auditInputs: ['reference.regions'] }),
    ]);
    const world = settledWorld(audited, makePlan);
    const newRegions = project([
      ...chain,
      reference('regions', { fingerprint: 'r2' }),
      model('gold.audited', ['silver.orders'], { auditInputs: ['reference.regions'] }),
    ]);
    expect(stepOf(makePlan(newRegions, world), 'reference.regions')).toMatchObject({
      action: 'load',
      reason: 'file changed',
    });
    expect(stepOf(makePlan(newRegions, world), 'gold.audited').action).toBe('skip');
    const both = makePlan(newRegions, { ...world, sources: new Map([['bronze.orders', pendingFiles(1)]]) });
    expect(stepOf(both, 'gold.audited').after).toEqual(['silver.orders', 'reference.regions']);
  });
});

it('tells why a publication does not happen', () => {
  const bound = project([], {
    connections: new Map([['warehouse', { name: 'warehouse', url: 'none', scheme: 'none' }]]),
    extras: {
      tests: [],
      jobs: 0,
      dashboards: 0,
      alerts: 0,
      publications: [{ name: 'publish.sales', file: 'publish/sales.yml', targets: new Map(), connection: 'warehouse' }],
      readers: [],
    },
  });
  expect(makePlan(bound, newWorld(bound)).skippedPublications).toEqual([
    { name: 'publish.sales', reason: 'connection warehouse is none' },
  ]);
});

// Two sources, a reference, and models that each read some of what stands before them.
const tables = fc
  .array(
    fc.record({
      reads: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
      proven: fc.boolean(),
      clock: fc.boolean(),
      history: fc.boolean(),
    }),
    { maxLength: 8 },
  )
  .map((models): ProjectTable[] => {
    const made: ProjectTable[] = [source('a'), source('b'), reference('r')];
    for (const [index, sketch] of models.entries()) {
      const inputs = [...new Set(sketch.reads.map((at) => made[at % made.length]?.name ?? 'bronze.a'))];
      const proven = sketch.proven ? rowWise.rowWise : ({ proven: false, why: 'it joins tables' } as const);
      made.push(
        model(`silver.m${index}`, inputs, {
          modelKind: sketch.history ? 'history' : 'table',
          facts: { ...rowWise, rowWise: proven, usesClock: sketch.clock },
        }),
      );
    }
    return made;
  });
const event = fc.record({
  a: fc.nat({ max: 2 }),
  b: fc.nat({ max: 2 }),
  nextDay: fc.boolean(),
  select: fc.option(fc.nat()),
});

function inputsOf(table: ProjectTable | undefined): readonly string[] {
  return table?.kind === 'model' ? table.inputs : [];
}

describe('for any project and any order of events', () => {
  it('nothing is left to do after a run, and what changed upstream is never skipped', () => {
    fc.assert(
      fc.property(tables, fc.array(event, { maxLength: 5 }), (made, events) => {
        const bound = project(made);
        let world = settledWorld(bound, makePlan);
        for (const { a, b, nextDay, select } of events) {
          const sources = new Map([...world.sources, ['bronze.a', pendingFiles(a)], ['bronze.b', pendingFiles(b)]]);
          world = { ...world, sources, today: nextDay ? `${world.today}+` : world.today };
          const chosen = select === null ? undefined : made[select % made.length]?.name;
          const plan = makePlan(bound, world, chosen === undefined ? {} : { select: new Set([chosen]) });
          const steps = new Map(plan.steps.map((step) => [step.table, step]));
          for (const step of plan.steps) {
            const active = inputsOf(bound.project.tables.get(step.table)).filter(
              (input) => steps.get(input)?.action !== 'skip',
            );
            if (active.length > 0) expect(step.action).not.toBe('skip');
            expect(step.after).toEqual(active);
            if (step.strategy === 'append') expect(active).toHaveLength(1);
          }
          world = applied(bound, world, plan);
          const rest = makePlan(bound, world, chosen === undefined ? {} : { select: new Set([chosen]) });
          expect(rest.steps.filter((step) => step.action !== 'skip')).toEqual([]);
        }
        const all = makePlan(bound, applied(bound, world, makePlan(bound, world)));
        expect(all.steps.filter((step) => step.action !== 'skip')).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('a table that is appended to has seen all of its input: appending equals making it anew', () => {
    fc.assert(
      fc.property(tables, fc.array(event, { minLength: 1, maxLength: 6 }), (made, events) => {
        const bound = project(made);
        let world = settledWorld(bound, makePlan);
        // A table's content as the loads that reached it, in order; a full table has all of its inputs' loads.
        const content = new Map(made.map((table) => [table.name, ['0']]));
        for (const [index, { a, b, select }] of events.entries()) {
          world = {
            ...world,
            sources: new Map([...world.sources, ['bronze.a', pendingFiles(a)], ['bronze.b', pendingFiles(b)]]),
          };
          const chosen = select === null ? undefined : made[select % made.length]?.name;
          const plan = makePlan(bound, world, chosen === undefined ? {} : { select: new Set([chosen]) });
          const before = new Map(content);
          for (const step of plan.steps) {
            const old = before.get(step.table) ?? [];
            const [input = ''] = inputsOf(bound.project.tables.get(step.table));
            if (step.action === 'load') content.set(step.table, [...old, `${step.table}${index}`]);
            if (step.strategy === 'append') {
              const added = (content.get(input) ?? []).slice((before.get(input) ?? []).length);
              content.set(step.table, [...old, ...added]);
              expect(content.get(step.table)).toEqual(content.get(input));
            }
            const table = bound.project.tables.get(step.table);
            if (step.action === 'full')
              content.set(
                step.table,
                inputsOf(table).length === 1
                  ? [...(content.get(input) ?? [])]
                  : inputsOf(table).flatMap((name) => content.get(name) ?? []),
              );
          }
          world = applied(bound, world, plan);
        }
      }),
      { numRuns: 300 },
    );
  });
});
