/** A map of what was put in lately: the last `most` entries at least, and never twice as many. */
export class Recent<V> {
  readonly #most: number;
  #young: Map<string, V> = new Map();
  #old: Map<string, V> = new Map();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
