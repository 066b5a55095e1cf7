import { describe, expect, it } from 'vitest';
import { expectedFullMs, slowerBy, tookAfterFull, tookAfterPart } from './took.ts';

describe('what a table took to make', () => {
  it('is unknown before it was made, and grows with what it is made of', () => {
    expect(expectedFullMs({}, 1000)).toBeUndefined();
    const took = tookAfterFull({}, { ms: 800, inputRows: 1000 });
    expect(expectedFullMs(took, 1000)).toBe(800);
    expect(expectedFullMs(took, 3000)).toBe(2400);
    expect(expectedFullMs(tookAfterFull({}, { ms: 5, inputRows: 0 }), 0)).toBe(5);
  });

  it('is a lower time at once, and a higher one by half: the machine may have been busy', () => {
    const took = tookAfterFull({}, { ms: 800, inputRows: 1000 });
    expect(tookAfterFull(took, { ms: 200, inputRows: 1000 }).full?.ms).toBe(200);
    expect(tookAfterFull(took, { ms: 1600, inputRows: 1000 }).full?.ms).toBe(1200);
    // Twice as many rows take twice as long, and nobody was busy.
    expect(tookAfterFull(took, { ms: 1600, inputRows: 2000 }).full?.ms).toBe(1600);
  });
});

describe('what a way took', () => {
  it('corrects what it is expected to take, more so downwards', () => {
    expect(slowerBy({}, 'keyed')).toBe(1);
    const slower = tookAfterPart({}, 'keyed', { ms: 4000, expectedMs: 1000 });
    expect(slowerBy(slower, 'keyed')).toBe(1.41);
    expect(slowerBy(slower, 'fold')).toBe(1);
    expect(slowerBy(tookAfterPart(slower, 'keyed', { ms: 500, expectedMs: 1000 }), 'keyed')).toBe(0.5);
  });

  it('is never believed to be anything at all', () => {
    expect(slowerBy(tookAfterPart({ fold: 10 }, 'fold', { ms: 1e9, expectedMs: 1 }), 'fold')).toBe(10);
    expect(slowerBy(tookAfterPart({}, 'fold', { ms: 0, expectedMs: 1000 }), 'fold')).toBe(0.1);
  });

  it('is forgotten while another way is taken, so that it is tried again', () => {
    let took = tookAfterPart(tookAfterFull({}, { ms: 800, inputRows: 10 }), 'keyed', { ms: 9000, expectedMs: 1000 });
    const seen = [slowerBy(took, 'keyed')];
    for (let i = 0; i < 12; i += 1) {
      took = tookAfterFull(took, { ms: 800, inputRows: 10 });
      seen.push(slowerBy(took, 'keyed'));
    }
    expect(seen[0]).toBe(1.73);
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
    expect(tookAfterFull({ keyed: 0.5 }, { ms: 800, inputRows: 10 }).keyed).toBe(0.5);
  });
});
