import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { LakeError } from '../core/errors.ts';
import { systemErrorCode } from '../core/platform.ts';
import { temporaryName } from './local-names.ts';

interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
}

/** Tokens of the locks that this process holds: another process may have had its number before. */
const held = new Set<string>();
const PATIENCE_MS = 30_000;
/** A replacement takes milliseconds. From another machine, whether a process still lives can only be told by this. */
const FOREIGN_DEAD_AFTER_MS = 600_000;

/**
 * Runs `act` while no other process does so for the same file. The lock is a file beside it that names its holder. That of
 * a holder that is dead is broken; that of a living one is waited for.
 */
export async function withFileLock<T>(file: string, act: () => Promise<T>): Promise<T> {
  const lock = join(dirname(file), `.tmp-lock-${basename(file)}`);
  const holder: Holder = { token: randomUUID(), pid: process.pid, host: hostname() };
  held.add(holder.token);
  try {
    await acquire(lock, holder);
    try {
      return await act();
    } finally {
      // Gone, where somebody deleted the folder.
      await rm(lock, { force: true });
    }
  } finally {
    held.delete(holder.token);
  }
}

async function acquire(lock: string, holder: Holder): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    if (await createWith(lock, holder)) return;
    const other = await readHolder(lock);
    if (other === undefined) continue;
    if (await isDead(other, lock)) {
      await breakLock(lock, { dead: other, breaker: holder });
      continue;
    }
    if (performance.now() > deadline) {
      throw new LakeError(
        'LS3101',
        `Process ${other.pid} on ${other.host} holds ${lock}; wait for it, or delete that file.`,
        {
          retry: 'safe',
          operation: 'lock',
          context: { path: lock },
        },
      );
    }
    await wait(pauseMs * (0.5 + Math.random()));
  }
}

/** Creates the file with its content, at once. False when it exists. */
async function createWith(path: string, holder: Holder): Promise<boolean> {
  const temporary = join(dirname(path), temporaryName());
  await writeFile(temporary, JSON.stringify(holder), { flag: 'wx' });
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
}

async function readHolder(lock: string): Promise<Holder | undefined> {
  try {
    const { token, pid, host }: Record<keyof Holder, unknown> = JSON.parse(await readFile(lock, 'utf8'));
    return { token: String(token), pid: Number(pid), host: String(host) };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    // A power cut can leave it empty. Then its holder died with the machine.
    if (error instanceof SyntaxError) return { token: '', pid: 0, host: hostname() };
    throw error;
  }
}

async function isDead(other: Holder, lock: string): Promise<boolean> {
  if (other.host !== hostname()) {
    try {
      return Date.now() - (await stat(lock)).mtimeMs > FOREIGN_DEAD_AFTER_MS;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }
  if (other.pid === process.pid) return !held.has(other.token);
  if (other.pid <= 0) return true;
  try {
    process.kill(other.pid, 0);
    return false;
  } catch (error) {
    return systemErrorCode(error) === 'ESRCH';
  }
}

/**
 * Removes the lock of a dead holder. Who may do so is decided by a file named after that very lock: otherwise the second of two
 * processes that found it dead could remove the new lock of the first.
 */
async function breakLock(lock: string, { dead, breaker }: { dead: Holder; breaker: Holder }): Promise<void> {
  const right = `${lock}-${dead.token}`;
  if (!(await createWith(right, breaker))) {
    const other = await readHolder(right);
    // One that died while it was breaking, or is done by now.
    if (other !== undefined && (await isDead(other, right))) await rm(right, { force: true });
    else await wait(5);
    return;
  }
  try {
    if ((await readHolder(lock))?.token === dead.token) await unlink(lock);
  } finally {
    await rm(right, { force: true });
  }
}
