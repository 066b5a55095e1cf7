import { totalmem } from 'node:os';

/** Half of the machine, and never more than the engine can use on a small one. */
export function defaultMemoryBytes(): number {
  return Math.max(512 * 1024 ** 2, Math.floor(totalmem() / 2));
}
