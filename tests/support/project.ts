import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lakesmith, outputOf, temporaryFolder } from './command.ts';
import type { Answer } from './command.ts';

/** A project of its own in a temporary folder, used through the command line. */
export interface TestProject {
  readonly folder: string;
  /** Writes a file of the project, and the folders above it. */
  write(path: string, text: string): Promise<void>;
  run(...args: readonly string[]): Promise<Answer>;
  /** A run that must end with 0. */
  runs(...args: readonly string[]): Promise<string>;
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  quarantine(): Promise<readonly QuarantineRow[]>;
}

interface QuarantineRow {
  readonly table: string;
  readonly key: unknown;
  readonly status: string;
  readonly origin: { readonly source: string; readonly line: number | null } | null;
}

/** `command` runs the command lines; in this process, one at a time, with `runHere`. */
export async function createProject(
  files: Readonly<Record<string, string>>,
  command: (args: readonly string[]) => Promise<Answer> = lakesmith,
): Promise<TestProject> {
  const succeed = async (args: readonly string[]): Promise<string> => outputOf(args, await command(args));
  const folder = await temporaryFolder();
  const at = ['--project', folder];
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  await write('lakesmith.yml', 'lakesmith: 1\nname: test\nlake: ./lake\ntimezone: UTC\n');
  for (const [path, text] of Object.entries(files)) await write(path, text);
  return {
    folder,
    write,
    run: (...args) => command(['run', ...args, ...at]),
    runs: (...args) => succeed(['run', ...args, ...at]),
    query: async (sql) => JSON.parse(await succeed(['query', sql, '--json', ...at])) as Record<string, unknown>[],
    quarantine: async () => JSON.parse(await succeed(['quarantine', '--all', '--json', ...at])) as QuarantineRow[],
  };
}
