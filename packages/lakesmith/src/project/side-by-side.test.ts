import { expect, it } from 'vitest';
import { sideBySide } from './side-by-side.ts';

it('gives results in order, of some that are under way at the same time', async () => {
  const items = Array.from({ length: 1000 }, (_, i) => i);
  let underWay = 0;
  let most = 0;
  const results = await sideBySide(items, async (item) => {
    most = Math.max(most, (underWay += 1));
    // Those that begin later end sooner.
    for (let turn = item % 10; turn < 10; turn++) await Promise.resolve();
    underWay -= 1;
    return item * 2;
  });
  expect(results).toEqual(items.map((item) => item * 2));
  expect(most).toBeGreaterThan(10);
  expect(most).toBeLessThanOrEqual(200);
});
