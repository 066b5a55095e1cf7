import { vi } from 'vitest';
import { main } from '../../packages/lakesmith/src/cli/main.ts';
import type { Answer } from './command.ts';
import { outputOf } from './command.ts';

/** Runs a command line as the program does, in this process and from source; one at a time. */
export async function runHere(args: readonly string[]): Promise<Answer> {
  const out = caught(process.stdout);
  const err = caught(process.stderr);
  try {
    const code = await main(args);
    return { code, stdout: out.texts.join(''), stderr: err.texts.join('') };
  } finally {
    out.stop();
    err.stop();
  }
}

/** The same of what must succeed: what it said. */
export async function succeedHere(args: readonly string[]): Promise<string> {
  return outputOf(args, await runHere(args));
}

function caught(stream: NodeJS.WriteStream): { readonly texts: readonly string[]; stop(): void } {
  const texts: string[] = [];
  const spy = vi.spyOn(stream, 'write').mockImplementation((chunk) => {
    texts.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    return true;
  });
  return {
    texts,
    stop: () => {
      spy.mockRestore();
    },
  };
}
