import { LakeError } from './errors.ts';
import { randomNumbers } from './random-numbers.ts';

/** Chance that is the same for the same seed. */
export class Dice {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomNumbers(seed);
  }

  chance(of: number): boolean {
    return this.#next() < of;
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  /** The same items in another order. */
  shuffle<T>(items: readonly T[]): readonly T[] {
    const left = [...items];
    return items.flatMap(() => left.splice(this.below(left.length), 1));
  }

  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new LakeError('LS9001', 'There is nothing to pick from.');
    return item;
  }
}
