import { describe, expect, it } from 'vitest';
import { LakeError } from '../core/errors.ts';
import type { ObjectInfo, ObjectStore } from './object-store.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined): string | undefined =>
  content === undefined ? undefined : new TextDecoder().decode(content);

async function paths(listing: AsyncIterable<ObjectInfo>): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of listing) found.push(path);
  return found;
}

/** What every store must do. `makeStore` gives an empty one. */
export function objectStoreContract(name: string, makeStore: () => Promise<ObjectStore>): void {
  describe(`${name} keeps the contract of a store`, () => {
    it('gives back what was put, whole and in parts', async () => {
      const store = await makeStore();
      await store.put('a/b.txt', bytes('hello world'));
      expect(text(await store.get('a/b.txt'))).toBe('hello world');
      expect(text(await store.getRange('a/b.txt', 6, 9))).toBe('wor');
      expect(text(await store.getRange('a/b.txt', 6, 99))).toBe('world');
      expect(text(await store.getRange('a/b.txt', 50, 60))).toBe('');
      expect(await store.head('a/b.txt')).toMatchObject({ path: 'a/b.txt', sizeBytes: 11 });
    });

    it('gives several in the order in which they were asked for', async () => {
      const store = await makeStore();
      const large = 'x'.repeat(100_000);
      for (const [path, content] of Object.entries({ 'a/1': 'one', 'a/2': '', 'b/c/3': large }))
        await store.put(path, bytes(content));
      const found = await store.getMany(['b/c/3', 'a/x', 'a/2', 'a', 'a/1', 'a/1/x', 'a/1']);
      expect(found.map(text)).toEqual([large, undefined, '', undefined, 'one', undefined, 'one']);
      expect(await store.getMany([])).toEqual([]);
      await expect(store.getMany(['a/1', 'a/../../x'])).rejects.toMatchObject({ code: 'LS3101' });
    });

    it('says undefined for what is not there, and deleting it is fine', async () => {
      const store = await makeStore();
      await store.put('a/b', bytes(''));
      for (const path of ['x', 'a', 'a/x', 'a/b/c', 'x/y/z']) {
        expect(await store.get(path)).toBeUndefined();
        expect(await store.getRange(path, 0, 1)).toBeUndefined();
        expect(await store.head(path)).toBeUndefined();
      }
      await store.delete('x');
      await store.delete('x/y');
      await store.delete('a/b');
      expect(await store.get('a/b')).toBeUndefined();
    });

    it('does nothing when the last look finds something against it', async () => {
      const store = await makeStore();
      await store.put('a/old', bytes('old'));
      const seen: string[] = [];
      const lastLook = async (): Promise<void> => {
        seen.push(text(await store.get('a/old')) ?? '', String(text(await store.get('a/new'))));
        throw new LakeError('LS3301', 'on purpose');
      };
      const against = { code: 'LS3301' };
      await expect(store.put('a/old', bytes('other'), { lastLook })).rejects.toMatchObject(against);
      await expect(store.putIfAbsent('a/new', bytes('new'), { lastLook })).rejects.toMatchObject(against);
      await expect(store.delete('a/old', { lastLook })).rejects.toMatchObject(against);
      expect(seen).toEqual(Array.from({ length: 3 }, () => ['old', 'undefined']).flat());
      expect(await paths(store.list(''))).toEqual(['a/old']);
      expect(text(await store.get('a/old'))).toBe('old');
      await store.delete('a/old', { lastLook: () => Promise.resolve() });
      expect(await paths(store.list(''))).toEqual([]);
    });

    it('creates once: of many at the same time one is stored, and its bytes stay', async () => {
      const store = await makeStore();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.putIfAbsent('log/1.json', bytes(`writer ${i}`))),
      );
      const winners = outcomes.flatMap((outcome, i) => (outcome.kind === 'stored' ? [i] : []));
      expect(winners).toHaveLength(1);
      expect(text(await store.get('log/1.json'))).toBe(`writer ${winners[0]}`);
      expect(await paths(store.list(''))).toEqual(['log/1.json']);
    });

    it('creates what was written before under the first name that is free, and nothing of it is seen until then', async () => {
      const store = await makeStore();
      await store.put('log/1.json', bytes('theirs'));
      const draft = await store.draft('log/1.json', bytes('ours'));
      expect(await paths(store.list(''))).toEqual(['log/1.json']);
      expect(await draft.putIfAbsent('log/1.json')).toEqual({ kind: 'refused' });
      expect(await draft.putIfAbsent('log/2.json')).toMatchObject({ kind: 'stored' });
      draft.drop();
      draft.drop();
      expect(text(await store.get('log/1.json'))).toBe('theirs');
      expect(text(await store.get('log/2.json'))).toBe('ours');
      (await store.draft('new/1.json', bytes('given up'))).drop();
      expect(await paths(store.list(''))).toEqual(['log/1.json', 'log/2.json']);
      await expect(store.draft('../x', bytes(''))).rejects.toMatchObject({ code: 'LS3101' });
    });

    it('can be asked for what is being made at that moment, and shows it whole or not at all', async () => {
      const store = await makeStore();
      const watch = async (path: string): Promise<string | undefined> => {
        for (;;) {
          const found = await store.get(path);
          if (found !== undefined) return text(found);
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      for (let i = 0; i < 50; i += 1) {
        const watchers = [watch(`log/${i}`), watch(`log/${i}`)];
        await store.putIfAbsent(`log/${i}`, bytes('whole'));
        expect(await Promise.all(watchers)).toEqual(['whole', 'whole']);
      }
    });

    it('replaces only what has the etag: of many at the same time one is stored', async () => {
      const store = await makeStore();
      expect(await store.putIfMatch('x', bytes('1'), 'none')).toEqual({ kind: 'refused' });
      const { etag } = await store.put('x', bytes('0'));
      expect((await store.head('x'))?.etag).toBe(etag);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.putIfMatch('x', bytes(String(i)), etag)),
      );
      const winners = outcomes.flatMap((outcome, i) => (outcome.kind === 'stored' ? [{ i, etag: outcome.etag }] : []));
      expect(winners).toHaveLength(1);
      expect(text(await store.get('x'))).toBe(String(winners[0]?.i));
      expect((await store.head('x'))?.etag).toBe(winners[0]?.etag);
      expect(await store.putIfMatch('x', bytes('late'), etag)).toEqual({ kind: 'refused' });
    });

    it('gives a new etag with every put, also of the same size at the same moment', async () => {
      const store = await makeStore();
      const etags = new Set<string>();
      for (let i = 0; i < 50; i += 1) etags.add((await store.put('x', bytes(String(i % 10)))).etag);
      expect(etags.size).toBe(50);
    });

    it('counts up without losing a step when many compare and replace', async () => {
      const store = await makeStore();
      await store.put('n', bytes('0'));
      const increment = async (): Promise<void> => {
        for (;;) {
          const etag = (await store.head('n'))?.etag ?? '';
          const n = Number(text(await store.get('n')));
          if ((await store.putIfMatch('n', bytes(String(n + 1)), etag)).kind === 'stored') return;
        }
      };
      await Promise.all(Array.from({ length: 12 }, increment));
      expect(text(await store.get('n'))).toBe('12');
    });

    it('lists in byte order, after a path, shallow or all the way down', async () => {
      const store = await makeStore();
      const names = ['t/a/1', 't/a/\u{1F600}', 't/a/\uFF5E', 't/a!', 't/a', 't/ab', 't/Z', 'u'].filter(
        (n) => n !== 't/a',
      );
      for (const name of names) await store.put(name, bytes('x'));
      const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await paths(store.list(''))).toEqual(sorted);
      expect(await paths(store.list('t/a'))).toEqual(sorted.filter((n) => n.startsWith('t/a')));
      expect(await paths(store.list('t/', { shallow: true }))).toEqual(['t/Z', 't/a!', 't/ab']);
      for (const startAfter of [...sorted, 't', 't/a', 't/a/', 'zzz']) {
        const after = sorted.filter((n) => Buffer.compare(Buffer.from(n), Buffer.from(startAfter)) > 0);
        expect(await paths(store.list('', { startAfter }))).toEqual(after);
      }
      expect(await paths(store.list('nothing/'))).toEqual([]);
    });

    it('refuses paths that are not plainly inside', async () => {
      const store = await makeStore();
      for (const path of ['', '/a', '../a', 'a/../b', 'a//b', './a', 'a/', 'a\\..\\b', 'a\u0000b']) {
        await expect(store.put(path, bytes('x'))).rejects.toMatchObject({ code: 'LS3101' });
        await expect(store.get(path)).rejects.toMatchObject({ code: 'LS3101' });
      }
    });

    it('gives an object another name that outlives the first, and leaves names that are taken', async () => {
      const store = await makeStore();
      await store.put('a/one', bytes('abc'));
      await store.copy('a/one', 'b/c/two');
      await store.put('b/taken', bytes('old'));
      await store.copy('a/one', 'b/taken');
      await store.delete('a/one');
      expect(await store.get('a/one')).toBeUndefined();
      expect(text(await store.get('b/c/two'))).toBe('abc');
      expect(text(await store.get('b/taken'))).toBe('old');
      await store.put('b/c/two', bytes('changed'));
      await expect(store.copy('none', 'b/d')).rejects.toMatchObject({ code: 'LS3101' });
      await expect(store.copy('b/c/two', '../out')).rejects.toMatchObject({ code: 'LS3101' });
    });

    it('keeps its own copy of the bytes', async () => {
      const store = await makeStore();
      const mine = bytes('abc');
      await store.put('x', mine);
      mine[0] = 0;
      const theirs = await store.get('x');
      theirs?.fill(0);
      expect(text(await store.get('x'))).toBe('abc');
    });
  });
}
