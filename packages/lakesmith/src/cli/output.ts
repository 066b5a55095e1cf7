import { plainIntegers } from '../core/json.ts';

/** Everything a command says goes through here. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What a command answers to a program: one JSON document; int64 beyond a double's reach as text. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, plainIntegers, 2)}\n`);
}
