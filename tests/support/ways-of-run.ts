import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Step {
  readonly table: string;
  readonly strategy: string;
  readonly reason: string;
}

/** What became of each table in a run of a project's lake, as a text of what the run noted down. */
export async function waysOfRun(
  folder: string,
  run: number,
  textOf: (step: Step) => string = ({ strategy }) => strategy,
): Promise<ReadonlyMap<string, string>> {
  const path = join(folder, 'lake/_lakesmith/runs', `${String(run).padStart(20, '0')}.json`);
  const { steps } = JSON.parse(await readFile(path, 'utf8')) as { steps: Step[] };
  return new Map(steps.map((step) => [step.table, textOf(step)]));
}
