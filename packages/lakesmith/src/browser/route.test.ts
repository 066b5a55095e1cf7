import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { link, parseRoute } from './route.ts';

describe('links', () => {
  it('lead back to the state that they were made of, whatever names are in it', () => {
    const words = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(
        words,
        fc.array(words),
        fc.dictionary(fc.stringMatching(/^[a-z]+$/), words),
        (page, path, options) => {
          expect(parseRoute(link([page, ...path], options))).toEqual({ page, path, options: { ...options } });
        },
      ),
    );
  });

  it('leave out what is empty', () => {
    expect(link([])).toBe('#/');
    expect(link(['tables'], { layer: undefined, tag: '', text: 'a b' })).toBe('#/tables?text=a+b');
  });

  it('that are cut are read as they stand', () => {
    expect(parseRoute('#/table/silver%2')).toEqual({ page: 'table', path: ['silver%2'], options: {} });
    expect(parseRoute('')).toEqual({ page: '', path: [], options: {} });
  });
});
