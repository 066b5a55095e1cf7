// Processes that begin together: each says that it is ready, and waits until all are.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** In a process of `together`: waits for the others. */
export async function gate() {
  console.log('ready');
  await once(process.stdin, 'data');
  process.stdin.unref();
}

/** Runs as many Node programs with these arguments; how long it takes from when all have started until all have ended. */
export async function together(count, args) {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const ended = children.map((child) => once(child, 'exit'));
  await Promise.all(children.map((child) => once(createInterface(child.stdout), 'line')));
  const began = performance.now();
  for (const child of children) child.stdin.write('go\n');
  const codes = (await Promise.all(ended)).map(([code]) => code);
  if (codes.some((code) => code !== 0)) throw new Error(`${args.join(' ')} failed: ${codes.join(', ')}`);
  return performance.now() - began;
}
