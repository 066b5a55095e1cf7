import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstSentence } from './first-sentence.ts';

it('cuts a description in two and loses nothing', () => {
  expect(firstSentence('One row per order: v1.2 only. Cancelled\n  ones stay.')).toEqual({
    first: 'One row per order: v1.2 only.',
    more: 'Cancelled ones stay.',
  });
  expect(firstSentence('orders')).toEqual({ first: 'orders', more: '' });
  fc.assert(
    fc.property(fc.lorem({ maxCount: 200 }), (text) => {
      const { first, more } = firstSentence(text);
      expect(first.length).toBeLessThanOrEqual(160);
      expect(`${first.replace(/…$/, '')}${more}`.replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }),
  );
});
