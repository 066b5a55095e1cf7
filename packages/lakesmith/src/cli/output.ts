import { once } from 'node:events';
import { plainIntegers } from '../core/json.ts';

/** Everything a command says goes through here. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** `print` for output without end: waits until it was taken, so that it does not pile up in memory. */
export async function printPaced(text: string): Promise<void> {
  if (!process.stdout.write(`${text}\n`)) await once(process.stdout, 'drain');
}

/** What a command answers to a program: one JSON document; int64 beyond a double's reach as text. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, plainIntegers, 2)}\n`);
}
