import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../support/command.ts';

/** A fault that is put into the program on purpose, and the test that must find it. */
export interface PlantedBug {
  readonly name: string;
  /** From the root of the project. */
  readonly file: string;
  /** What stands there once, and what is put in its place. */
  readonly replace: readonly [right: string, wrong: string];
  /** The test file that must fail, and not for want of compiling. */
  readonly caughtBy: string;
}

/** A copy of the project that faults can be put into. */
export class PlantingGround {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<PlantingGround> {
    const folder = await mkdtemp(join(tmpdir(), 'lakesmith-planted-'));
    const isWanted = (path: string): boolean => !/\/(?:node_modules|dist|\.tsbuildinfo)(?:\/|$)/.test(path);
    for (const name of ['packages', 'tests', 'package.json', 'vitest.config.ts', 'tsconfig.base.json', 'tsconfig.json'])
      await cp(join(root, name), join(folder, name), { recursive: true, filter: isWanted });
    await cp(join(root, 'node_modules'), join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
    return new PlantingGround(folder);
  }

  /** What the test says with the fault in place: its exit code, and how many of its cases failed. */
  async plant({
    file,
    replace: [right, wrong],
    caughtBy,
  }: PlantedBug): Promise<{ code: number | null; failed: number }> {
    const path = join(this.#folder, file);
    const text = await readFile(path, 'utf8');
    if (text.split(right).length !== 2) throw new Error(`${file} does not have exactly one place with ${right}`);
    await writeFile(
      path,
      text.replace(right, () => wrong),
    );
    try {
      return await this.#test(caughtBy);
    } finally {
      await writeFile(path, text);
    }
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #test(file: string): Promise<{ code: number | null; failed: number }> {
    const project = file.startsWith('packages/') ? 'unit' : (file.split('/')[1] ?? '');
    const vitest = join(this.#folder, 'node_modules/vitest/vitest.mjs');
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [vitest, 'run', '--project', project, '--reporter', 'json', file], {
        cwd: this.#folder,
        stdio: ['ignore', 'pipe', 'ignore'],
        // A fault may make a test run for ever.
        timeout: 300_000,
      });
      let told = '';
      child.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
      child.on('error', reject);
      child.on('close', (code) => {
        const failed = /"numFailedTests":(\d+)/.exec(told)?.[1] ?? (code === null ? '1' : '0');
        resolve({ code, failed: Number(failed) });
      });
    });
  }
}
