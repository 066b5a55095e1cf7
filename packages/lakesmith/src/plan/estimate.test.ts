import { describe, expect, it } from 'vitest';
import { estimatePlan } from './estimate.ts';
import type { PastStep } from './estimate.ts';
import { explainPlan } from './explain.ts';
import { makePlan } from './make.ts';
import { planJson } from './plan-json.ts';
import type { Plan } from './plan.ts';
import { model, project, settledWorld, source } from './sketch.test-suite.ts';

const bound = project([
  source('orders'),
  model('silver.a', ['bronze.orders']),
  model('silver.b', ['bronze.orders']),
  model('silver.c', ['bronze.orders']),
  model('silver.e', ['bronze.orders']),
  model('gold.d', ['silver.a', 'silver.b']),
]);
const all = ['silver.a', 'silver.b', 'silver.c', 'silver.e', 'gold.d'];
const plan = makePlan(bound, settledWorld(bound, makePlan), { full: new Set(all) });

/** Earlier steps by what they took, the newest first. */
const full = (...seconds: number[]): PastStep[] =>
  seconds.map((each, i) => ({ run: 9 - i, action: 'full', strategy: 'full', elapsedMs: each * 1000 }));
const known = new Map([
  ['silver.a', full(1)],
  ['silver.b', full(2)],
  ['silver.c', full(4)],
  ['silver.e', full(4)],
  ['gold.d', full(8)],
]);
const secondsOf = (estimated: Plan): (number | undefined)[] => estimated.steps.map(({ estimate }) => estimate.seconds);

describe('what a plan should take', () => {
  it.each([
    // One after the other; two at a time, so that d has a place when c has ended, at 5; d as soon as b has, at 2.
    [1, 19],
    [2, 13],
    [8, 10],
  ])('counts what is done at the same time, %i at a time, once', (parallel, seconds) => {
    expect(estimatePlan(plan, known, parallel).estimate).toEqual({ seconds });
  });

  it('does not count what others wait for twice', () => {
    const long = new Map([...known, ['silver.a', full(10)], ['silver.c', full(1)]]);
    // Beside the ten seconds of a, the seven of all others; d waits for a.
    expect(estimatePlan(plan, long, 2).estimate).toEqual({ seconds: 18 });
  });

  it('is what the like took mostly, and not once', () => {
    const history = new Map([['silver.a', [...full(3, 90, 2), { ...full(50)[0], strategy: 'append' } as PastStep]]]);
    const estimated = estimatePlan(plan, history, 2);
    expect(estimated.steps[1]?.estimate).toMatchObject({ seconds: 3, runs: 3 });
  });

  it('is not told of a table that was never made so, and then not of the whole', () => {
    const [, ...others] = known;
    const estimated = estimatePlan(plan, new Map(others), 2);
    expect(secondsOf(estimated)).toEqual([undefined, undefined, 2, 4, 4, 8]);
    expect(estimated.estimate).toBeUndefined();
    expect(explainPlan(estimated, bound)).toMatch(/silver\.a +full +--full\n/);
    expect(explainPlan(estimated, bound)).toMatch(/does this$/);
  });

  it('of what is left alone or held is nothing', () => {
    const settled = makePlan(bound, settledWorld(bound, makePlan));
    const estimated = estimatePlan(settled, known, 2);
    expect(secondsOf(estimated)).toEqual(all.concat('bronze.orders').map(() => undefined));
    expect(planJson(estimated)).toEqual(planJson(settled));
  });

  it('stands beside each table and below them all, for people and for programs', () => {
    const estimated = estimatePlan(plan, new Map([...known, ['gold.d', full(300)]]), 2);
    expect(explainPlan(estimated, bound)).toMatch(/silver\.a +full +--full +10 rows, 1\.0 s\n/);
    expect(explainPlan(estimated, bound)).toMatch(/gold\.d +full +--full +10 rows, 5 min\n/);
    expect(explainPlan(estimated, bound)).toMatch(/`lakesmith run` does this in about 5 min$/);
    expect(planJson(estimated)).toMatchObject({ estimate: { seconds: 305 } });
  });
});
