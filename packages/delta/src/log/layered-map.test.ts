import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MapDraft, layersOf } from './layered-map.ts';

interface Item {
  readonly n: number;
}

const change = fc.record({ key: fc.nat({ max: 30 }).map(String), n: fc.option(fc.nat()) });

describe('MapDraft', () => {
  it('gives, version after version, what a plain map would hold, and leaves earlier versions alone', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 8 }), (versions) => {
        const model = new Map<string, Item>();
        let map: ReadonlyMap<string, Item> | undefined;
        const made: { map: ReadonlyMap<string, Item>; copy: [string, Item][] }[] = [];
        for (const changes of versions) {
          const draft = new MapDraft<Item>(map);
          for (const { key, n } of changes) {
            if (n === null) {
              draft.delete(key);
              model.delete(key);
            } else {
              draft.set(key, { n });
              model.set(key, { n });
            }
            expect(draft.size).toBe(model.size);
            expect(draft.has(key)).toBe(model.has(key));
          }
          map = draft.done();
          made.push({ map, copy: sorted(model) });
        }
        for (const { map, copy } of made) {
          expect(sorted(map)).toEqual(copy);
          expect(map.size).toBe(copy.length);
          expect([...map.keys()].sort()).toEqual(copy.map(([key]) => key));
          expect([...map.values()].map(({ n }) => String(n)).sort()).toEqual(copy.map(([, { n }]) => String(n)).sort());
          for (const [key, item] of copy) expect([map.has(key), map.get(key)]).toEqual([true, item]);
          const seen: string[] = [];
          map.forEach((_, key) => seen.push(key));
          expect(seen.sort()).toEqual(copy.map(([key]) => key));
        }
      }),
    );
  });

  it('gives the same over many versions, whose changes come to lie in several layers', () => {
    const model = new Map<string, Item>();
    let map: ReadonlyMap<string, Item> = new Map([['0', { n: 0 }]]);
    model.set('0', { n: 0 });
    for (let version = 1; version < 3000; version += 1) {
      const draft = new MapDraft(map);
      const gone = String((version * 7) % 900);
      draft.set(String(version), { n: version });
      model.set(String(version), { n: version });
      if (version % 3 === 0) {
        draft.delete(gone);
        model.delete(gone);
      }
      map = draft.done();
      expect(map.size).toBe(model.size);
      if (version % 97 !== 0) continue;
      expect(sorted(map)).toEqual(sorted(model));
      const layers = layersOf(map).flatMap(({ entries, hidden }) =>
        [...entries].filter(([key]) => hidden?.has(key) !== true),
      );
      expect(layers.sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(sorted(model));
    }
  });

  it('is the very same map when nothing changes', () => {
    const first = new MapDraft<Item>();
    first.set('a', { n: 1 });
    const map = first.done();
    const second = new MapDraft(map);
    second.delete('b');
    expect(second.done()).toBe(map);
  });

  it('stays right beyond the number of changes that it keeps aside', () => {
    const first = new MapDraft<Item>();
    for (let n = 0; n < 5000; n += 1) first.set(String(n), { n });
    const map = first.done();
    const second = new MapDraft(map);
    for (let n = 0; n < 4000; n += 1) second.delete(String(n));
    for (let n = 5000; n < 5010; n += 1) second.set(String(n), { n });
    expect([second.done().size, map.size]).toEqual([1010, 5000]);
    expect([...second.done().keys()].slice(-1)).toEqual(['5009']);
  });
});

function sorted(map: ReadonlyMap<string, Item>): [string, Item][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
