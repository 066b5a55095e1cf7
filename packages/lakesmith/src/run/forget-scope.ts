import { LakeError } from '../core/errors.ts';
import { listEnvironments } from '../lake/environment.ts';
import type { Lake } from '../lake/lake.ts';
import { pathOfTable } from '../lake/lake.ts';
import { listPins } from '../lake/pin.ts';
import type { Release } from '../lake/release.ts';
import { inputsOfView, listReleases, namesIn, readRelease } from '../lake/release.ts';
import type { Project } from '../project/model.ts';
import { isStream } from '../project/stream.ts';
import type { Carrier, RootRows } from './forget-subject.ts';
import { changesOf } from './load-changes.ts';
import { quarantinePath, quarantineTable } from './quarantine.ts';

/** Everything of a lake that may hold something of rows that are to be forgotten. */
export interface ForgetScope {
  readonly roots: readonly RootRows[];
  readonly carriers: readonly Carrier[];
  /** Sources, and all that is made of them, in an order in which inputs come first; views too. */
  readonly names: readonly string[];
  /** The same that the project does not make any more. */
  readonly gone: readonly string[];
  /** Tables of them, of their change logs, and of what runs note down, where they lie. */
  readonly tables: readonly ScopeTable[];
  /** Folders of tables that the project does not make any more, or makes elsewhere. */
  readonly abandoned: readonly string[];
  /** Releases that name one of these tables; the newest is replaced by another. */
  readonly releases: readonly number[];
}

export interface ScopeTable {
  readonly name: string;
  readonly path: string;
  readonly kind: 'source' | 'changes' | 'model' | 'system';
}

/** Looks what a lake has of some rows of its sources. LS3305 when an environment or a pin is in the way. */
export async function scopeOf(
  { project, lake }: { readonly project: Project; readonly lake: Lake },
  { roots, carriers }: { readonly roots: readonly RootRows[]; readonly carriers: readonly Carrier[] },
): Promise<ForgetScope> {
  await refuseEnvironments(lake);
  const releases: Release[] = [];
  for (const number of await listReleases(lake.state)) releases.push(await readRelease(lake.state, number));
  const newest = releases.at(-1);
  const touched = touchedNames(project, releases, roots);
  const names = [...project.tables.keys()].filter((name) => touched.has(name));
  refuseStreams(project, names);
  const tables: ScopeTable[] = [];
  const add = async (table: ScopeTable): Promise<void> => {
    if ((await lake.open(table.path)) !== undefined) tables.push(table);
  };
  for (const name of names) {
    const table = project.tables.get(name);
    if (table === undefined || (table.kind === 'model' && table.modelKind === 'view')) continue;
    const path = newest?.tables[name]?.path ?? lake.own(pathOfTable(name));
    await add({ name, path, kind: table.kind === 'source' ? 'source' : 'model' });
    if (table.kind === 'source') await add({ name: changesOf(name), path: changesOf(path), kind: 'changes' });
  }
  await add({ name: quarantineTable, path: quarantinePath(lake), kind: 'system' });
  for (const name of ['system.steps', 'system.runs'])
    await add({ name, path: lake.own(pathOfTable(name)), kind: 'system' });
  const here = new Set(tables.map(({ path }) => path));
  const everywhere = new Set(
    [...touched].flatMap((name) => [lake.own(pathOfTable(name)), ...releases.flatMap((one) => pathsIn(one, name))]),
  );
  const concerned = releases.filter((one) => namesIn(one).some((name) => touched.has(name)));
  await refusePins(
    lake,
    concerned.map(({ release }) => release),
  );
  return {
    roots,
    carriers,
    names,
    gone: [...touched].filter((name) => !project.tables.has(name)),
    tables,
    abandoned: await withFiles(
      lake,
      [...everywhere].filter((path) => !here.has(path)),
    ),
    releases: concerned.map(({ release }) => release),
  };
}

/** Folders in which there is something. */
async function withFiles({ store }: Lake, folders: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of folders)
    for await (const _ of store.list(`${folder}/`)) {
      found.push(folder);
      break;
    }
  return found;
}

/** The sources and all that was ever made of them, as the project says it or a release that is still there. */
function touchedNames(project: Project, releases: readonly Release[], roots: readonly RootRows[]): ReadonlySet<string> {
  const made = new Map<string, Set<string>>();
  const note = (input: string, name: string): void => void made.set(input, (made.get(input) ?? new Set()).add(name));
  for (const table of project.tables.values()) {
    if (table.kind === 'model') for (const input of [...table.inputs, ...table.reads]) note(input, table.name);
  }
  for (const { tables, views = {} } of releases) {
    for (const [name, { madeBy }] of Object.entries(tables))
      for (const input of Object.keys(madeBy?.inputs ?? {})) note(input, name);
    for (const [name, view] of Object.entries(views)) for (const input of inputsOfView(view)) note(input.name, name);
  }
  const touched = new Set<string>();
  const add = (name: string): void => {
    if (touched.has(name)) return;
    touched.add(name);
    made.get(name)?.forEach(add);
  };
  for (const { table } of roots) add(table);
  return touched;
}

function pathsIn({ tables }: Release, name: string): readonly string[] {
  const table = tables[name];
  if (table === undefined) return [];
  return table.changes === undefined ? [table.path] : [table.path, table.changes.path];
}

/** All that is made of the rows is made anew, and of a stream that would lose what its input does not have any more. */
function refuseStreams({ tables }: Project, names: readonly string[]): void {
  const stream = names.find((name) => isStream(tables.get(name)));
  if (stream === undefined) return;
  throw new LakeError(
    'LS3305',
    `${stream} is a stream, and may hold what was made of these rows: it cannot be made anew without rows that its input has lost. Nothing was forgotten. Remove "kind: stream" from it, or take it out of the project, and forget the rows then.`,
    { context: { table: stream } },
  );
}

/** An environment shares files with its base, under names of its own. */
async function refuseEnvironments({ store, base }: Lake): Promise<void> {
  if (base !== undefined)
    throw new LakeError(
      'LS3305',
      'Rows are forgotten in the lake itself, and not in an environment over it: leave --env out.',
    );
  const names = (await listEnvironments(store)).map(({ name }) => name);
  if (names.length === 0) return;
  throw new LakeError(
    'LS3305',
    `Rows cannot be forgotten while there are environments over the lake (${names.join(', ')}), which have its rows too: \`lakesmith env drop ${names[0] ?? ''}\` first, and make it again after.`,
    { context: { environments: names } },
  );
}

async function refusePins({ state }: Lake, releases: readonly number[]): Promise<void> {
  const pins = await listPins(state);
  const [pinned] = releases.filter((release) => pins.has(release));
  if (pinned === undefined) return;
  const reason = pins.get(pinned)?.reason ?? '';
  throw new LakeError(
    'LS3305',
    `Release ${pinned} is pinned${reason === '' ? '' : ` (${reason})`} and may hold rows that are to be forgotten: \`lakesmith release unpin ${pinned}\` first.`,
    { context: { release: pinned } },
  );
}
