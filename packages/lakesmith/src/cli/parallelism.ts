import { availableParallelism } from 'node:os';

/** How many tables a run makes at a time when nobody says. */
export function usualParallelism(): number {
  return Math.max(1, Math.min(8, availableParallelism()));
}
