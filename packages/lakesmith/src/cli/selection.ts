import { LakeError } from '../core/errors.ts';
import { count } from '../core/quantity.ts';
import { listReleases, newestRelease, readRelease } from '../lake/release.ts';
import type { Release } from '../lake/release.ts';
import { asksFailed, changedAgainst, parseWord, selectTables, tablesBetween } from '../plan/selection.ts';
import { gitProjectFiles } from '../project/git-files.ts';
import { loadProject } from '../project/load.ts';
import type { Project } from '../project/model.ts';
import { compilerOf } from '../run/compiler.ts';
import { lastRun, readRun } from '../run/journal.ts';
import type { PlanOptions } from '../run/prepare.ts';
import type { Workbench } from './open.ts';
import { parseStretch, stretchedTables } from './stretch.ts';

/** What the user named, as tables; undefined: everything. */
export async function selection(bench: Workbench, names: readonly string[]): Promise<ReadonlySet<string> | undefined> {
  if (names.length === 0) return undefined;
  const changed = new Map<string, ReadonlySet<string>>();
  for (const against of changedAgainst(names)) changed.set(against, await changedSince(bench, against));
  const failed = asksFailed(names) ? await failedLast(bench) : new Set<string>();
  return selectTables(bench.project, names, { failed, changed });
}

/** What `--from` and `--to` bound: a part of the graph, or a stretch of time. */
export interface Bounds {
  readonly from?: string;
  readonly to?: string;
  /** The column that the stretch is of. */
  readonly column?: string;
}

/** What a plan or a run is about: the tables that were named, with what they are made from, or those between two. */
export async function scope(
  bench: Workbench,
  names: readonly string[],
  { from, to, column }: Bounds,
): Promise<Pick<PlanOptions, 'select' | 'exactly' | 'stretch'>> {
  const stretch = parseStretch({ from, to, column });
  if (stretch !== undefined) {
    const select = await selection(bench, names);
    // What is made from a table follows it, and need not have such days.
    const meant = await selection(
      bench,
      names.map((word) => parseWord(word).name),
    );
    return { select: select ?? new Set(), stretch: { ...stretch, tables: stretchedTables(bench.project, meant) } };
  }
  if (from === undefined && to === undefined) {
    const select = await selection(bench, names);
    return select === undefined ? {} : { select };
  }
  if (names.length > 0)
    throw new LakeError('LS4001', 'Name tables, or bound a part of the graph with --from and --to, but not both.');
  const bounds = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  return { select: tablesBetween(bench.project, bounds), exactly: true };
}

/** Tables that the last run could not make, or did not come to. */
async function failedLast({ lake }: Workbench): Promise<ReadonlySet<string>> {
  const steps = (await readRun(lake.state, await lastRun(lake.state)))?.steps ?? [];
  return new Set(steps.flatMap(({ status, table }) => (status === 'failed' || status === 'blocked' ? [table] : [])));
}

/** Tables that are defined otherwise than in a release (its number, or '' for the newest) or under a git reference. */
async function changedSince(bench: Workbench, against: string): Promise<ReadonlySet<string>> {
  const { project, lake } = bench;
  const releases = /^\d{1,15}$/.test(against) ? await listReleases(lake.state) : undefined;
  if (against === '' || releases?.includes(Number(against)) === true) {
    const release = against === '' ? await newestRelease(lake) : await readRelease(lake.state, Number(against));
    return differing(project, printsOfRelease(release));
  }
  const files = await gitProjectFiles(project.folder, against).catch((error: unknown) => {
    throw releases === undefined ? error : noSuchRelease(against, releases, error);
  });
  const other = await loadProject(files, {
    environment: bench.environment,
    env: process.env,
    bases: bench.bases,
    compiler: compilerOf(bench.engine),
    scripts: bench.scripts,
    parameters: bench.parameters,
  });
  return differing(project, new Map([...other.tables.values()].map((table) => [table.name, printOf(table)])));
}

/** Of a number that git does not know either: some commits have names of digits alone. */
function noSuchRelease(number: string, releases: readonly number[], cause: unknown): LakeError {
  const [first, last] = [releases.at(0), releases.at(-1)];
  const hint =
    first === undefined
      ? 'there is no release yet'
      : first === last
        ? `there is release ${first} alone`
        : `there are ${count(releases.length, 'release')}, ${first} to ${last}`;
  return new LakeError('LS4003', `There is no release ${number}, and git has nothing of that name`, { cause, hint });
}

type Prints = ReadonlyMap<string, string>;

function printsOfRelease(release: Release | undefined): Prints {
  const made = Object.entries({ ...release?.tables, ...release?.views });
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
