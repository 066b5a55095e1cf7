import { totalmem } from 'node:os';

/** Half of the machine, and never more than the engine can use on a small one. */
export function defaultMemoryBytes(): number {
  return Math.max(512 * 1024 ** 2, Math.floor(totalmem() / 2));
}

/** The program itself, and what the engine holds without counting it. */
const uncountedBytes = 256e6;

/** What the engine may count on where the whole program is to stay within a limit: its sort takes more than it counts. */
export function engineShare(limitBytes: number): number {
  return Math.floor(Math.max(limitBytes / 3, (limitBytes - uncountedBytes) * 0.8));
}
