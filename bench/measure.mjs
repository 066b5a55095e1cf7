import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const usageModule = fileURLToPath(new URL('usage.mjs', import.meta.url));
export const program = fileURLToPath(new URL('../packages/lakesmith/bin/lakesmith.js', import.meta.url));

/** Runs a Node program and says wall time, CPU time and peak memory. */
export function measure(folder, args, env = {}) {
  const usage = join(folder, 'usage.json');
  const began = performance.now();
  const child = spawnSync(process.execPath, ['--import', usageModule, ...args], {
    env: { ...process.env, ...env, BENCH_USAGE: usage },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const wallMs = performance.now() - began;
  if (child.status !== 0) throw new Error(`${args.join(' ')}\n${child.stdout}\n${child.stderr}`);
  return { wallMs, ...JSON.parse(readFileSync(usage, 'utf8')), stdout: child.stdout };
}

/** The run in the middle by wall time, of `times` runs. */
export function median(times, run) {
  return medians(times, [run])[0];
}

/** The same of several programs that take turns, so that what slows the machine for a while slows all of them. */
export function medians(times, programs) {
  const rounds = Array.from({ length: times }, () => programs.map((run) => run()));
  return programs.map((_, i) => rounds.map((round) => round[i]).sort((a, b) => a.wallMs - b.wallMs)[times >> 1]);
}
