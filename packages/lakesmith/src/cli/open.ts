import { join, resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { frozenClock, systemClock } from '../core/clock.ts';
import { LakeError, messageOf } from '../core/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { DuckDbOptions } from '../engine/duckdb/instance.ts';
import type { Lake } from '../lake/lake.ts';
import { openLake, overlayLake } from '../lake/lake.ts';
import { listEnvironments } from '../lake/environment.ts';
import type { Examination, SourceSight } from '../project/examine.ts';
import { examineProject } from '../project/examine.ts';
import type { ProjectFiles } from '../project/files.ts';
import { nodeProjectFiles } from '../project/files.ts';
import { declaredEnvironments, defaultEnvironment, projectFileName, readProjectFile } from '../project/project-file.ts';
import { loadProject } from '../project/load.ts';
import type { Project } from '../project/model.ts';
import type { Reach } from '../project/reach.ts';
import { reachNothing } from '../plan/reach.ts';
import { mistakenWords } from '../plan/selection.ts';
import { compilerOf } from '../run/compiler.ts';
import { KeptMemory } from '../run/kept-memory.ts';
import { observe } from '../run/observe.ts';
import { sightOf } from '../run/prepare.ts';
import { temporaryPlace } from '../run/temporary-place.ts';
import type { Scripts } from '../script/scripts.ts';
import { openScripts } from '../script/scripts.ts';
import { lazyEngine } from './lazy-engine.ts';
import { parsePairs } from './pairs.ts';
import { defaultMemoryBytes } from './memory.ts';
import { retryStore } from '../storage/layers/retry.ts';
import { timeoutStore } from '../storage/layers/timeout.ts';
import type { StoreTrace } from '../storage/layers/trace.ts';
import { traceStore } from '../storage/layers/trace.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openStore } from '../storage/open.ts';
import { engineVersion, programStamp, programVersion } from './version.ts';

/** Options that every command of a project takes. */
export interface CommonOptions {
  readonly project: string;
  readonly env?: string;
  readonly json?: boolean;
  /** name=value of parameters, before those of lakesmith.yml. */
  readonly param?: readonly string[];
}

/** A project with everything it needs to act, wired. The one place where concrete parts are chosen. */
export interface Workbench {
  readonly project: Project;
  readonly engine: Engine;
  /** What reads files of TypeScript. */
  readonly scripts: Scripts;
  readonly lake: Lake;
  readonly clock: Clock;
  readonly memoryBytes: number;
  /** Values of parameters that the command line gives. */
  readonly parameters: ReadonlyMap<string, string>;
  /** As it was asked for; undefined: the keys at the top of lakesmith.yml. */
  readonly environment: string | undefined;
  /** Environments of the lake that lakesmith.yml does not name. */
  readonly bases: ReadonlyMap<string, string>;
  readonly close: () => Promise<void>;
}

interface BenchSettings {
  readonly memoryBytes?: number;
  /** What of the project is wanted; absent: everything. */
  readonly about?: Reach;
  /** What the user named, to be told together with what is wrong in the project when there is no such table. */
  readonly words?: readonly string[];
}

export async function openWorkbench(options: CommonOptions, settings: BenchSettings = {}): Promise<Workbench> {
  const memoryBytes = settings.memoryBytes ?? defaultMemoryBytes();
  const folder = resolve(options.project);
  const engine = openEngine({ memoryBytes, tempFolder: temporaryPlace({ folder }) });
  const memory = new KeptMemory(join(folder, '.lakesmith', 'memory'), programStamp());
  try {
    const files = nodeProjectFiles(folder);
    const bases = await undeclaredBases(files, options.env);
    const scripts = openProjectScripts(folder);
    const project = await loadProject(files, {
      environment: options.env,
      env: process.env,
      parameters: parametersOf(options),
      bases,
      compiler: compilerOf(engine, memory),
      memory,
      scripts,
      ...(settings.about === undefined ? {} : { about: settings.about }),
      mistakes: (known) => mistakenWords(settings.words ?? [], known),
      // Only asked when something is wrong already, so that what binding finds is told together with it.
      sourceSchemas: async (unsound) => (await sightNow(unsound, engine)).schemas,
    });
    return {
      project,
      engine,
      scripts,
      ...(await openProjectLake(project, engine)),
      memoryBytes,
      parameters: parametersOf(options),
      environment: options.env,
      bases,
      close: async () => {
        memory.save();
        await engine.close();
      },
    };
  } catch (error) {
    memory.save();
    await engine.close();
    throw error;
  }
}

/** The engine, which starts when it is needed: a project that was understood before may need none. */
function openEngine(options: DuckDbOptions): Engine {
  return lazyEngine(async () => (await import('../engine/duckdb/engine.ts')).openDuckDb(options), engineVersion());
}

/** Definitions are remembered beside the memo of quiet runs: who removes the folder loses a moment. */
function openProjectScripts(folder: string): Scripts {
  const cacheFile = join(folder, '.lakesmith', 'typescript.json');
  return openScripts({ cacheFile, program: `lakesmith ${programVersion()}` });
}

function parametersOf({ param = [] }: CommonOptions): ReadonlyMap<string, string> {
  return new Map(Object.entries(parsePairs('--param', param)));
}

/** What judges projects while they are written. */
interface Examiner {
  readonly examine: (files: ProjectFiles, fresh: boolean) => Promise<Examination>;
  readonly close: () => Promise<void>;
}

/** Opens what an editor asks about a project that may be wrong. Sources are looked at again when they, or `fresh`, say so. */
export async function openExaminer(environment: string | undefined): Promise<Examiner> {
  const engine = openEngine({ memoryBytes: defaultMemoryBytes() });
  // What an editor has may never be saved, so nothing of it is kept.
  const scripts = openScripts({ program: `lakesmith ${programVersion()}` });
  let seen: { readonly of: string; readonly sight: SourceSight } | undefined;
  const sight = async (project: Project): Promise<SourceSight> => {
    const sources = [...project.tables.values()].filter(({ kind }) => kind !== 'model');
    const of = JSON.stringify([
      project.folder,
      project.lake,
      project.timezone,
      sources.map((s) => [s.name, s.fingerprint]),
    ]);
    if (seen?.of !== of) seen = { of, sight: await sightNow(project, engine) };
    return seen.sight;
  };
  return {
    examine: async (files, fresh) => {
      if (fresh) seen = undefined;
      const bases = await undeclaredBases(files, environment);
      const compiler = compilerOf(engine);
      return await examineProject(files, { environment, env: process.env, bases, compiler, scripts, sight });
    },
    close: () => engine.close(),
  };
}

/** The sources as they are; nothing when they cannot be seen, since what is wrong already must be told first. */
async function sightNow(project: Project, engine: Engine): Promise<SourceSight> {
  try {
    return sightOf(await observe({ project, ...(await openProjectLake(project, engine)) }), project);
  } catch (error) {
    if (error instanceof LakeError) return { schemas: new Map(), diagnostics: [] };
    throw error;
  }
}

async function openProjectLake(project: Project, engine: Engine): Promise<{ lake: Lake; clock: Clock }> {
  const clock = project.clockMs === undefined ? systemClock : frozenClock(project.clockMs);
  const lake = openLake(await openLakeStore(project.folder, project.lake), engine, clock);
  return { lake: project.overlays.reduce(overlayLake, lake), clock };
}

async function openLakeStore(folder: string, lake: string): Promise<ObjectStore> {
  return layered(await openStore(isAddress(lake) ? lake : resolve(folder, lake)));
}

function isAddress(lake: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(lake);
}

async function projectText(files: ProjectFiles): Promise<string> {
  return new TextDecoder().decode(await files.read(projectFileName));
}

/** Every lake on this machine that the environments of lakesmith.yml name, by the first environment that does. */
export async function lakesOnDisk(files: ProjectFiles): Promise<ReadonlyMap<string, ObjectStore>> {
  const text = await projectText(files);
  const stores = new Map<string, ObjectStore>();
  for (const environment of [undefined, ...declaredEnvironments(text)]) {
    const { settings } = readProjectFile(text, { environment, env: process.env });
    if (settings === undefined || settings.overlays.length > 0) continue;
    if (isAddress(settings.lake) && !settings.lake.startsWith('file:')) continue;
    const store = await openLakeStore(files.folder, settings.lake);
    if (![...stores.values()].some(({ url }) => url === store.url)) stores.set(settings.environment, store);
  }
  return stores;
}

/** What lakesmith.yml says an environment is based on; undefined when it does not name it. */
export async function declaredIn(
  files: ProjectFiles,
  environment: string,
): Promise<{ readonly base: string | undefined } | undefined> {
  const text = await projectText(files);
  if (environment !== defaultEnvironment && !declaredEnvironments(text).includes(environment)) return undefined;
  return { base: readProjectFile(text, { environment, env: process.env }).settings?.base };
}

/** Of an environment that only its lake knows: what those of the lake are based on. */
async function undeclaredBases(
  files: ProjectFiles,
  environment: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const known = [undefined, defaultEnvironment, ...declaredEnvironments(await projectText(files))];
  if (known.includes(environment)) return new Map();
  for (const store of (await lakesOnDisk(files)).values()) {
    const entries = await listEnvironments(store);
    if (entries.some(({ name }) => name === environment)) return new Map(entries.map(({ name, base }) => [name, base]));
  }
  return new Map();
}

const storeTimeoutMs = 60_000;

/** Every call is traced when asked for, fails when it takes too long, and is made again where that is safe. */
function layered(store: ObjectStore): ObjectStore {
  const traced = process.env['LAKESMITH_TRACE'] === '1' ? traceStore(store, tellTrace) : store;
  return retryStore(timeoutStore(traced, storeTimeoutMs));
}

function tellTrace({ call, path, elapsedMs, error }: StoreTrace): void {
  const failure = error === undefined ? '' : `  failed: ${messageOf(error)}`;
  process.stderr.write(`${call.padEnd(11)}  ${elapsedMs.toFixed(1).padStart(7)} ms  ${path}${failure}\n`);
}

/** Opens a workbench for one action and closes it whatever happens. */
export async function withWorkbench<T>(
  options: CommonOptions,
  act: (bench: Workbench) => Promise<T>,
  settings: BenchSettings = {},
): Promise<T> {
  const bench = await openWorkbench(options, settings);
  try {
    return await act(bench);
  } finally {
    await bench.close();
  }
}

/** The same for one that asks the lake alone: of the project only its settings are read. */
export async function withLake<T>(
  options: CommonOptions,
  act: (bench: Pick<Workbench, 'lake' | 'project'>) => Promise<T>,
): Promise<T> {
  return await withWorkbench(options, act, { about: reachNothing });
}
