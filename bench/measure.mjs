import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const usageModule = fileURLToPath(new URL('usage.mjs', import.meta.url));
export const program = fileURLToPath(new URL('../packages/lakesmith/bin/lakesmith.js', import.meta.url));

/** Runs a Node program and says wall time, CPU time and peak memory. */
export function measure(folder, args, env = {}) {
  return measureProgram(folder, [process.execPath, '--import', usageModule, ...args], env);
}

/** Runs a program that writes what it used. */
function measureProgram(folder, [program, ...args], env) {
  const usage = join(folder, 'usage.json');
  const began = performance.now();
  const child = spawnSync(program, args, {
    env: { ...process.env, ...env, BENCH_USAGE: usage },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const wallMs = performance.now() - began;
  if (child.status !== 0) throw new Error(`${args.join(' ')}\n${child.stdout}\n${child.stderr}`);
  return { wallMs, ...JSON.parse(readFileSync(usage, 'utf8')), stdout: child.stdout };
}

const pythonUsage = `import atexit, json, os, resource, runpy, sys
def tell():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    json.dump({"cpuMs": cpu * 1000, "rssMb": used[0].ru_maxrss / 1024}, open(os.environ["BENCH_USAGE"], "w"))
atexit.register(tell)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)`;

/** Runs a module of Python and says the same of it. */
export function measurePython(folder, python, args, env = {}) {
  return measureProgram(folder, [python, '-c', pythonUsage, ...args], env);
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
