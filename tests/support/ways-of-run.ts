import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How each table was made in a run of a project's lake. */
export async function waysOfRun(folder: string, run: number): Promise<ReadonlyMap<string, string>> {
  const path = join(folder, 'lake/_lakesmith/runs', `${String(run).padStart(20, '0')}.json`);
  const { steps } = JSON.parse(await readFile(path, 'utf8')) as { steps: { table: string; strategy: string }[] };
  return new Map(steps.map(({ table, strategy }) => [table, strategy]));
}
