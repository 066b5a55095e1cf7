import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peers } from './peer-python.mjs';
import { folder } from './setting.mjs';

const script = fileURLToPath(new URL('spark-session.py', import.meta.url));

/** Milliseconds from the start of a program to the first answer of its Spark session; undefined where Spark is not installed. */
export async function sparkSessionMs() {
  const python = join(peers, 'spark/venv/bin/python');
  if (!existsSync(python)) return undefined;
  const began = performance.now();
  const child = spawn(python, [script, join(peers, 'spark/jars')], {
    cwd: folder,
    env: { ...process.env, PYSPARK_PYTHON: python },
  });
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  const up = await new Promise((resolve) => {
    child.stdout.once('data', () => resolve(performance.now() - began));
    child.once('close', () => resolve(undefined));
  });
  if (child.exitCode === null) await new Promise((resolve) => child.once('close', resolve));
  if (up === undefined || child.exitCode !== 0) throw new Error(`Spark did not start\n${said}`);
  return up;
}
