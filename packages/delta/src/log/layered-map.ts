/** The newest changes, which each version copies, before they join those that are kept beside a shared map. */
const MAX_NEWEST = 64;

/** Changes that are kept beside a shared map before the two are joined into a new one. */
const MAX_CHANGES = 2048;

/**
 * An immutable map that shares nearly all of its entries with the one it was made from, so that the next version of a large
 * table costs what changed. Entries that changed come last.
 */
class LayeredMap<V> implements ReadonlyMap<string, V> {
  readonly base: ReadonlyMap<string, V>;
  /** What is different: undefined for a key that is gone. */
  readonly changes: ReadonlyMap<string, V | undefined>;
  readonly size: number;
  #added: Map<string, V> | undefined;

  constructor(base: ReadonlyMap<string, V>, changes: ReadonlyMap<string, V | undefined>, size: number) {
    this.base = base;
    this.changes = changes;
    this.size = size;
  }

  get(key: string): V | undefined {
    return this.changes.has(key) ? this.changes.get(key) : this.base.get(key);
  }

  has(key: string): boolean {
    return this.changes.has(key) ? this.changes.get(key) !== undefined : this.base.has(key);
  }

  /** What is new; the same map each time. */
  added(): ReadonlyMap<string, V> {
    if (this.#added === undefined) {
      this.#added = new Map();
      for (const [key, value] of this.changes) if (value !== undefined) this.#added.set(key, value);
    }
    return this.#added;
  }

  *entries(): Generator<[string, V], undefined> {
    for (const entry of this.base) if (!this.changes.has(entry[0])) yield entry;
    for (const [key, value] of this.changes) if (value !== undefined) yield [key, value];
  }

  *keys(): Generator<string, undefined> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[string, V], undefined> {
    return this.entries();
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }
}

/** The maps that a map consists of, in its order: entries of the first that `hidden` knows are not in it. */
export function layersOf<V>(map: ReadonlyMap<string, V>): readonly Layer<V>[] {
  if (!(map instanceof LayeredMap)) return [{ entries: map }];
  const { base, changes }: LayeredMap<V> = map;
  const below = layersOf(base).map(({ entries, hidden }): Layer<V> => {
    return { entries, hidden: { has: (key) => changes.has(key) || hidden?.has(key) === true } };
  });
  return [...below, { entries: map.added() }];
}

interface Layer<V> {
  readonly entries: ReadonlyMap<string, V>;
  readonly hidden?: { has(key: string): boolean };
}

/** A map on its way to its next version. What it started from stays as it is; after `done` it is not to be changed. */
export class MapDraft<V extends object> {
  /** The map itself, once it is all our own. */
  #own: Map<string, V> | undefined;
  #base: ReadonlyMap<string, V>;
  #changes: Map<string, V | undefined> = new Map();
  readonly #before: ReadonlyMap<string, V> | undefined;
  #size: number;
  #isChanged = false;

  constructor(before?: ReadonlyMap<string, V>) {
    this.#before = before;
    this.#base = before ?? new Map();
    this.#size = this.#base.size;
    if (before === undefined || before.size === 0) this.#own = new Map();
    else if (before instanceof LayeredMap) {
      this.#base = before.base;
      this.#changes = new Map(before.changes);
    }
  }

  get size(): number {
    return this.#own?.size ?? this.#size;
  }

  has(key: string): boolean {
    if (this.#own !== undefined) return this.#own.has(key);
    return this.#changes.has(key) ? this.#changes.get(key) !== undefined : this.#base.has(key);
  }

  set(key: string, value: V): void {
    this.#isChanged = true;
    if (this.#own === undefined) {
      if (!this.has(key)) this.#size += 1;
      this.#change(key, value);
    } else this.#own.set(key, value);
  }

  delete(key: string): void {
    if (!this.has(key)) return;
    this.#isChanged = true;
    if (this.#own === undefined) {
      this.#size -= 1;
      if (this.#base.has(key)) this.#change(key, undefined);
      else this.#changes.delete(key);
    } else this.#own.delete(key);
  }

  done(): ReadonlyMap<string, V> {
    if (this.#before !== undefined && !this.#isChanged) return this.#before;
    return this.#own ?? new LayeredMap(this.#base, this.#changes, this.#size);
  }

  #change(key: string, value: V | undefined): void {
    this.#changes.set(key, value);
    if (this.#changes.size > MAX_NEWEST) this.#fold();
  }

  /** Puts the newest changes to those before them. */
  #fold(): void {
    const base = this.#base;
    const isLayered = base instanceof LayeredMap;
    const shared: ReadonlyMap<string, V> = isLayered ? base.base : base;
    const changes = new Map<string, V | undefined>(isLayered ? base.changes : []);
    for (const [key, value] of this.#changes) {
      if (value === undefined && !shared.has(key)) changes.delete(key);
      else changes.set(key, value);
    }
    const folded = new LayeredMap(shared, changes, this.#size);
    if (changes.size > MAX_CHANGES) this.#own = new Map(folded);
    else [this.#base, this.#changes] = [folded, new Map()];
  }
}
