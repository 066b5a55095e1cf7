import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure } from './measure.mjs';
import { peerPython } from './peer-python.mjs';
import { folder, rounded } from './setting.mjs';

const writer = fileURLToPath(new URL('commits-write.mjs', import.meta.url));
const rawWriter = fileURLToPath(new URL('raw-commits.mjs', import.meta.url));
const rawAppender = fileURLToPath(new URL('raw-appends.mjs', import.meta.url));
const otherWriter = fileURLToPath(new URL('commits-delta-rs.py', import.meta.url));
const python = peerPython('main');
const commitCount = Number(process.env.BENCH_COMMITS ?? 1000);
const rowCount = Number(process.env.BENCH_ROWS ?? 1000);
const together = 4;

function figuresOf(whose, { commitsPerSecond, cpuMs, firstMs, lastMs }) {
  return {
    [`${whose}commits a second`]: rounded(commitsPerSecond),
    [`${whose}CPU of a commit, ms`]: rounded(cpuMs, 2),
    [`${whose}a commit among the first tenth, ms`]: rounded(firstMs, 2),
    [`${whose}a commit among the last tenth, ms`]: rounded(lastMs, 2),
  };
}

function deltaRs() {
  const args = [otherWriter, join(folder, 'other'), commitCount, rowCount].map(String);
  const { status, stdout, stderr } = spawnSync(python, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** What one small commit costs that is on disk when it returns, at the beginning of a log and at its end. */
export function commits() {
  const own = (name, ...args) =>
    JSON.parse(measure(folder, [writer, join(folder, name), String(commitCount), ...args.map(String)]).stdout);
  const disk = JSON.parse(measure(folder, [rawWriter, join(folder, 'disk'), String(commitCount)]).stdout);
  const alone = JSON.parse(
    measure(folder, [rawAppender, join(folder, 'alone'), String(commitCount), String(rowCount)]).stdout,
  );
  const hasDeltaRs = python !== undefined;
  return {
    what: `${commitCount} commits of ${rowCount} rows`,
    ...figuresOf('', own('own', rowCount, 1)),
    ...figuresOf(`${together} at a time: `, own('together', rowCount, together)),
    ...figuresOf('of files that are there already: ', own('log', 0, 1)),
    ...figuresOf(`of files that are there already, ${together} at a time: `, own('log-together', 0, together)),
    ...figuresOf('the engine and the disk alone: ', alone),
    'the disk alone: files a second, flushed as a commit is': rounded(disk.commitsPerSecond),
    ...(hasDeltaRs ? figuresOf('delta-rs: ', deltaRs()) : { 'delta-rs': 'is not installed here' }),
  };
}
