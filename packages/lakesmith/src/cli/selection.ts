import { listReleases, newestRelease, readRelease } from '../lake/release.ts';
import type { Release } from '../lake/release.ts';
import { asksFailed, changedAgainst, selectTables } from '../plan/selection.ts';
import { gitProjectFiles } from '../project/git-files.ts';
import { loadProject } from '../project/load.ts';
import type { Project } from '../project/model.ts';
import { compilerOf } from '../run/compiler.ts';
import { lastRun, readRun } from '../run/journal.ts';
import type { Workbench } from './open.ts';

/** What the user named, as tables; undefined: everything. */
export async function selection(bench: Workbench, names: readonly string[]): Promise<ReadonlySet<string> | undefined> {
  if (names.length === 0) return undefined;
  const changed = new Map<string, ReadonlySet<string>>();
  for (const against of changedAgainst(names)) changed.set(against, await changedSince(bench, against));
  const failed = asksFailed(names) ? await failedLast(bench) : new Set<string>();
  return selectTables(bench.project, names, { failed, changed });
}

/** Tables that the last run could not make, or did not come to. */
async function failedLast({ lake }: Workbench): Promise<ReadonlySet<string>> {
  const steps = (await readRun(lake.state, await lastRun(lake.state)))?.steps ?? [];
  return new Set(steps.flatMap(({ status, table }) => (status === 'failed' || status === 'blocked' ? [table] : [])));
}

/** Tables that are defined otherwise than in a release (its number, or '' for the newest) or under a git reference. */
async function changedSince(bench: Workbench, against: string): Promise<ReadonlySet<string>> {
  const { project, lake } = bench;
  const isRelease =
    against === '' || (/^\d{1,15}$/.test(against) && (await listReleases(lake.state)).includes(Number(against)));
  if (isRelease) {
    const release = against === '' ? await newestRelease(lake) : await readRelease(lake.state, Number(against));
    return differing(project, printsOfRelease(release));
  }
  const files = await gitProjectFiles(project.folder, against);
  const other = await loadProject(files, {
    environment: bench.environment,
    env: process.env,
    bases: bench.bases,
    compiler: compilerOf(bench.engine),
  });
  return differing(project, new Map([...other.tables.values()].map((table) => [table.name, printOf(table)])));
}

type Prints = ReadonlyMap<string, string>;

function printsOfRelease(release: Release | undefined): Prints {
  const made = Object.entries(release?.tables ?? {});
  return new Map(
    made.flatMap(([name, { madeBy }]) =>
      madeBy === undefined ? [] : [[name, printText(madeBy.fingerprint, madeBy.rulesFingerprint)]],
    ),
  );
}

function printOf(table: Project['tables'] extends ReadonlyMap<string, infer T> ? T : never): string {
  switch (table.kind) {
    case 'model':
      return printText(table.fingerprint, table.rulesFingerprint);
    case 'reference':
      return printText(table.fingerprint, table.contentHash);
    case 'source':
      return printText(table.fingerprint, '');
  }
}

function printText(definition: string, rules: string): string {
  return `${definition} ${rules}`;
}

function differing({ tables }: Project, before: Prints): ReadonlySet<string> {
  return new Set(
    [...tables.values()].filter((table) => before.get(table.name) !== printOf(table)).map(({ name }) => name),
  );
}
