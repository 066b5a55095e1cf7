import { expect, it } from 'vitest';
import { randomNumbers } from '../core/random-numbers.ts';
import { inputsFirst } from './inputs-first.ts';

interface Thing {
  readonly name: string;
  readonly inputs: readonly string[];
}

/** What it is meant to be, looked for anew at each place. */
function plainly(things: readonly Thing[]): readonly string[] {
  const waiting = [...things];
  const names = new Set(things.map(({ name }) => name));
  const done: string[] = [];
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ inputs }) => inputs.every((name) => !names.has(name) || done.includes(name)));
    done.push(...waiting.splice(next, 1).map(({ name }) => name));
  }
  return done;
}

it('puts each thing after what it needs, and else keeps their order', () => {
  const random = randomNumbers(11);
  for (let round = 0; round < 200; round++) {
    const count = Math.floor(random() * 30);
    const things = Array.from({ length: count }, (_, i): Thing => {
      const inputs = Array.from({ length: Math.floor(random() * 4) }, () => `t${Math.floor(random() * (i + 1)) - 1}`);
      return { name: `t${i}`, inputs: [...inputs, 'elsewhere'] };
    }).sort(() => random() - 0.5);
    expect(inputsFirst(things, ({ inputs }) => inputs).map(({ name }) => name)).toEqual(plainly(things));
  }
});
