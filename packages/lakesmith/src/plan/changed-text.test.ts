import { describe, expect, it } from 'vitest';
import type { ModelTable } from '../project/model.ts';
import type { NamedMeaning } from '../sql/refresh/meaning.ts';
import type { ProofResult, RefreshProof } from '../sql/refresh/proof.ts';
import { columnsText, compareMeanings } from './changed-text.ts';
import { makePlan } from './make.ts';
import type { Observation } from './observation.ts';
import type { PlanStep } from './plan.ts';
import { model, pendingFiles, project, rowWise, settledWorld, source } from './sketch.test-suite.ts';

const meaning: NamedMeaning = { rows: 'r', computed: 'c', columns: { id: '1', a: '2' } };
const settledProof: RefreshProof = {
  sql: '',
  occurrences: [],
  inputs: [],
  leaves: [],
  keys: [],
  unshown: [],
  linear: [],
  fold: { ok: false, why: '' },
  unique: [],
  obstacles: [],
  ties: [],
};

describe('two meanings', () => {
  it.each([
    [{}, { kind: 'same' }],
    [{ rows: 'x' }, { kind: 'other', why: 'its rows are chosen, joined or grouped otherwise' }],
    [{ computed: 'x' }, { kind: 'other', why: 'it computes something else on the way' }],
    [{ columns: { id: '1', a: '3' } }, { kind: 'other', why: 'a is computed otherwise' }],
    [{ columns: { a: '2', id: '1' } }, { kind: 'other', why: 'its columns stand in another order' }],
    [{ columns: { x: '1', y: '2' } }, { kind: 'other', why: 'all its columns are others' }],
    [
      { computed: 'x', columns: { id: '1', b: '9', a: '2' } },
      { kind: 'columns', loses: false },
    ],
    [{ columns: { a: '2' } }, { kind: 'columns', loses: true }],
    [{ columns: { id: '1', a: '2', b: '2' } }, { kind: 'columns', loses: false }],
  ] as const)('compared with %j', (over, change) => {
    expect(compareMeanings(meaning, { ...meaning, ...over })).toEqual(change);
  });
});

it('counts the columns that come, go and are called otherwise', () => {
  const type = 'bigint';
  expect(columnsText([{ kind: 'added', column: 'b', type }])).toBe('1 new column, the others stay');
  expect(
    columnsText([
      { kind: 'added', column: 'b', type },
      { kind: 'added', column: 'c', type },
      { kind: 'dropped', column: 'd', type },
      { kind: 'renamed', column: 'e', type, from: 'f' },
    ]),
  ).toBe('2 new columns, one column goes, one column has another name, the others stay');
});

describe('the plan of a model whose text changed', () => {
  const chain = (over: Partial<ModelTable> = {}): ReturnType<typeof project> =>
    project([
      source('orders'),
      model('silver.orders', ['bronze.orders'], { facts: rowWise, ...over }),
      model('gold.sales', ['silver.orders'], { onRebuild: over.onRebuild }),
    ]);
  const plain = settledWorld(chain(), makePlan);
  const settled: Observation = {
    ...plain,
    tables: new Map(
      [...plain.tables].map(([name, state]) => [
        name,
        { ...state, madeBy: state.madeBy === undefined ? undefined : { ...state.madeBy, meaning } },
      ]),
    ),
  };
  const changed = { fingerprint: 'm2', parts: { model: 'm2' } };
  const plan = (
    over: Partial<ModelTable>,
    now: NamedMeaning | string | undefined,
    more: {
      readonly world?: Observation;
      readonly obstacles?: RefreshProof['obstacles'];
      readonly full?: boolean;
    } = {},
  ): Readonly<Record<string, PlanStep>> => {
    const { obstacles = [], world = settled } = more;
    const proof: ProofResult = { ok: true, proof: { ...settledProof, obstacles } };
    const { steps } = makePlan(chain({ ...changed, ...over }), world, {
      ...(more.full === true ? { full: new Set(['silver.orders']) } : {}),
      proofs: new Map(['silver.orders', 'gold.sales'].map((name) => [name, proof])),
      meanings: new Map([...(now === undefined ? [] : [['silver.orders', now] as const]), ['gold.sales', meaning]]),
    });
    return Object.fromEntries(steps.map((step) => [step.table, step]));
  };
  const wider = { ...meaning, columns: { ...meaning.columns, b: '3' } };

  it('asks what it means before it decides, also where it would be held', () => {
    expect(plan({}, undefined)['silver.orders']).toMatchObject({ action: 'full', unproven: true });
    expect(plan({ onRebuild: 'hold' }, undefined)['silver.orders']).toMatchObject({ action: 'held', unproven: true });
  });

  it('leaves its rows and what is made of them', () => {
    const steps = plan({}, meaning);
    expect(steps['silver.orders']).toMatchObject({ action: 'alter', strategy: 'same', reason: 'model changed' });
    expect(steps['gold.sales']?.action).toBe('skip');
    expect(plan({ onRebuild: 'hold' }, meaning)['silver.orders']?.action).toBe('alter');
    expect(plan({}, meaning, { full: true })['silver.orders']).toMatchObject({ action: 'full', reason: '--full' });
    expect(plan({ rulesFingerprint: 'u2' }, meaning)['silver.orders']?.strategy).toBe('judged');
  });

  it('adds what came meanwhile', () => {
    const world = { ...settled, sources: new Map([['bronze.orders', pendingFiles(1)]]) };
    expect(plan({}, meaning, { world })['silver.orders']).toMatchObject({
      strategy: 'append',
      reason: 'bronze.orders and its text changed',
    });
  });

  it.each([
    ['its rows are others', {}, { ...meaning, rows: 'x' }, 'its rows are chosen, joined or grouped otherwise'],
    ['nobody can tell', {}, 'random', 'what it means cannot be compared: random'],
    ['other rules take rows out', { removingFingerprint: 'r2' }, meaning, 'other rules take rows out'],
    ['it reads more', { inputs: ['bronze.orders', 'gold.x'] }, meaning, 'it reads gold.x as well'],
  ] as const)('makes it anew where %s', (_, over, now, unkept) => {
    const tables = new Map(settled.tables);
    const other = tables.get('bronze.orders');
    if (other !== undefined) tables.set('gold.x', other);
    const world = { ...settled, tables };
    expect(plan(over, now, { world })['silver.orders']).toMatchObject({ action: 'full', unkept });
    expect(plan({ ...over, onRebuild: 'hold' }, now, { world })['silver.orders']).toMatchObject({
      action: 'held',
      unkept,
    });
  });

  it('writes a table with another column anew, unasked, and lets others keep theirs', () => {
    const steps = plan({ onRebuild: 'hold' }, wider);
    expect(steps['silver.orders']).toMatchObject({ action: 'full', keeps: true });
    expect(steps['gold.sales']).toMatchObject({ action: 'alter', strategy: 'same', after: ['silver.orders'] });
    const fewer = { ...meaning, columns: { id: '1' } };
    expect(plan({ onRebuild: 'hold' }, fewer)['silver.orders']?.action).toBe('held');
    expect(plan({}, fewer)['gold.sales']?.action).toBe('alter');
  });

  it('does not say that rows stay which follow from chance, from other inputs, or are asked for anew', () => {
    const obstacles = [{ kind: 'ties', what: 'row_number' }] as const;
    const tied = plan({}, wider, { obstacles });
    expect(tied['silver.orders']).toMatchObject({
      action: 'full',
      unkept: 'made again, its rows may come out otherwise: row_number',
    });
    expect(tied['gold.sales']?.action).toBe('full');
    const world = { ...settled, sources: new Map([['bronze.orders', pendingFiles(1)]]) };
    for (const steps of [plan({}, wider, { world }), plan({}, wider, { full: true })]) {
      expect(steps['silver.orders']).toMatchObject({ action: 'full' });
      expect(steps['silver.orders']?.keeps).toBeUndefined();
      expect(steps['gold.sales']?.action).toBe('full');
    }
  });

  it('writes nothing to a table of the base', () => {
    const tables = new Map([...settled.tables].map(([name, state]) => [name, { ...state, shared: true } as const]));
    const world = { ...settled, tables };
    expect(plan({}, meaning, { world })['silver.orders']?.action).toBe('full');
    expect(plan({}, wider, { world })['gold.sales']?.action).toBe('full');
  });

  it('knows the columns that it shares with an older version when that is looked at later', () => {
    const tables = new Map(settled.tables);
    const state = tables.get('silver.orders');
    if (state?.madeBy === undefined) throw new Error('no table');
    const at = (kept: number | undefined): Observation => {
      const since = { rows: 1, files: 1, ...(kept === undefined ? {} : { kept }) };
      const madeBy = { ...state.madeBy, ...changed, run: 2, inputs: state.madeBy?.inputs ?? {}, meaning: wider, since };
      const rules = { rulesFingerprint: 'u1', removingFingerprint: 'r1', day: undefined };
      return {
        ...settled,
        tables: new Map(tables).set('silver.orders', { ...state, version: 1, madeBy: { ...madeBy, ...rules } }),
      };
    };
    expect(plan({}, wider, { world: at(0) })['gold.sales']).toMatchObject({ action: 'alter', strategy: 'same' });
    expect(plan({}, wider, { world: at(1) })['gold.sales']).toMatchObject({ action: 'full' });
    expect(plan({}, wider, { world: at(undefined) })['gold.sales']).toMatchObject({ action: 'full' });
  });
});
