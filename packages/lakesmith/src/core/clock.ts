/** Where the time comes from. Samples, tests and back-tests stand still at a moment of their choice. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** True when the time was chosen and does not pass by itself. */
  readonly frozen: boolean;
}

export const systemClock: Clock = { now: () => Date.now(), frozen: false };

export function frozenClock(atMs: number): Clock {
  return { now: () => atMs, frozen: true };
}
