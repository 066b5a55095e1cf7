import { chmod, cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Answer } from './command.ts';
import { removeFolder, temporaryFolder } from './command.ts';
import { folderBytes } from './folder-bytes.ts';
import { runHere, succeedHere } from './in-process.ts';

export const good = { id: 3, name: 'y', amount: 2, day: '2024-01-03' };

/** Tables for commands that have to fail and leave them as they are. */
export class RefusalBench {
  readonly folder: string;
  #count = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<RefusalBench> {
    const bench = new RefusalBench(await temporaryFolder());
    // Others than the owner are let in, for commands that run as somebody else.
    await chmod(bench.folder, 0o755);
    const schema = `id BIGINT NOT NULL, name VARCHAR, amount DECIMAL(12,2), day DATE, s STRUCT(a INTEGER), at TIMESTAMP`;
    const check = 'small: id < 100 AND amount IS NOT NULL';
    const path = bench.at('base');
    const table = (...args: readonly string[]): Promise<string> => succeedHere(['table', ...args]);
    await table('create', path, '--schema', schema, '--partition-by', 'day', '--constraint', check);
    const rows = [1, 2].map((id) => ({ id, name: 'x', amount: 1.5, day: `2024-01-0${id}`, s: { a: 1 } }));
    for (const some of [rows, rows, rows.slice(1)]) await table('append', path, '--from', await bench.ndjson(...some));
    // A file that vacuum may take.
    await table('append', path, '--from', await bench.ndjson({ ...rows[0], day: '2024-02-02' }));
    await table('delete', path, '--where', "day = '2024-02-02'");
    return bench;
  }

  async close(): Promise<void> {
    await removeFolder(this.folder);
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  /** A place where nothing is. */
  newPath(ending = ''): string {
    return this.at(`new${this.#count++}${ending}`);
  }

  async text(content: string, ending: string): Promise<string> {
    const file = this.newPath(`.${ending}`);
    await writeFile(file, content);
    return file;
  }

  async ndjson(...rows: readonly object[]): Promise<string> {
    return await this.text(rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 'ndjson');
  }

  /** A table at version 5, with rows in two partitions and a constraint, that is one test's own. */
  async newTable(): Promise<string> {
    const path = this.newPath();
    await cp(this.at('base'), path, { recursive: true, preserveTimestamps: true });
    return path;
  }
}

/** How a command ended. */
export interface End {
  readonly failed: boolean;
  readonly said: string;
  /** The folder of the table is what it was, byte by byte. */
  readonly stayed: boolean;
}

export async function endOf(path: string, run: () => Promise<Answer>): Promise<End> {
  const before = JSON.stringify(await folderBytes(path));
  const { code, stderr } = await run();
  const after = JSON.stringify(await folderBytes(path));
  return { failed: code !== 0, said: stderr, stayed: before === after };
}

/** The same of `lakesmith table` with this. */
export async function endHere(path: string, args: readonly string[]): Promise<End> {
  return await endOf(path, () => runHere(['table', ...args]));
}

/** The end that is due: with this code, and words that say what is wrong and what to do. */
export function refused(code: string, says: RegExp): End {
  const said: string = expect.stringMatching(new RegExp(`error  ${code}[\\s\\S]*${says.source}`, says.flags));
  return { failed: true, said, stayed: true };
}
