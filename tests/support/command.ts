import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../../', import.meta.url));
export const program: string = join(root, 'packages/lakesmith/bin/lakesmith.js');

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: string;
  /** No file can become larger than this, in whole thousands: the disk seems to be full. */
  readonly largestFileBytes?: number;
  /** Where tests run as the one who may do everything: as somebody who may not. */
  readonly asNobody?: boolean;
}

/** What stands before a command line to limit it. */
function limitedTo({ largestFileBytes: bytes }: CommandOptions): readonly string[] {
  return bytes === undefined ? [] : ['bash', '-c', `ulimit -f ${bytes / 1024}; exec "$@"`, 'limited'];
}

/** Runs the built program as a user does, and waits for its end. */
export function lakesmith(args: readonly string[], options: CommandOptions = {}): Promise<Answer> {
  const [file = '', ...words] = [...limitedTo(options), process.execPath, program, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, {
      ...(options.asNobody === true && process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
      cwd: options.cwd ?? root,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: 'pipe',
    });
    child.stdin.end(options.input ?? '');
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

/** The same, for a command that must succeed: its standard output. */
export async function succeed(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  return outputOf(args, await lakesmith(args, options));
}

/** What a command said that must have succeeded. */
export function outputOf(args: readonly string[], { code, stdout, stderr }: Answer): string {
  if (code !== 0) throw new Error(`lakesmith ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

export async function temporaryFolder(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'lakesmith-test-'));
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
