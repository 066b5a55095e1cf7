import { join, resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { frozenClock, systemClock } from '../core/clock.ts';
import { LakeError, messageOf } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { Engine } from '../engine/engine.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Lake } from '../lake/lake.ts';
import { openLake } from '../lake/lake.ts';
import { nodeProjectFiles } from '../project/files.ts';
import { loadProject } from '../project/load.ts';
import type { Project } from '../project/model.ts';
import { compilerOf } from '../run/compiler.ts';
import { observe, sourceSchemas } from '../run/observe.ts';
import { defaultMemoryBytes } from './memory.ts';
import { retryStore } from '../storage/layers/retry.ts';
import { timeoutStore } from '../storage/layers/timeout.ts';
import type { StoreTrace } from '../storage/layers/trace.ts';
import { traceStore } from '../storage/layers/trace.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openStore } from '../storage/open.ts';

/** Options that every command of a project takes. */
export interface CommonOptions {
  readonly project: string;
  readonly env?: string;
  readonly json?: boolean;
}

/** A project with everything it needs to act, wired. The one place where concrete parts are chosen. */
export interface Workbench {
  readonly project: Project;
  readonly engine: Engine;
  readonly lake: Lake;
  readonly clock: Clock;
  readonly memoryBytes: number;
  /** As it was asked for; undefined: the keys at the top of lakesmith.yml. */
  readonly environment: string | undefined;
  readonly close: () => Promise<void>;
}

export async function openWorkbench(
  options: CommonOptions,
  settings: { readonly memoryBytes?: number } = {},
): Promise<Workbench> {
  const memoryBytes = settings.memoryBytes ?? defaultMemoryBytes();
  const folder = resolve(options.project);
  const engine = await openDuckDb({ memoryBytes, tempFolder: join(folder, '.lakesmith', 'tmp') });
  try {
    const files = nodeProjectFiles(folder);
    const project = await loadProject(files, {
      environment: options.env,
      env: process.env,
      compiler: compilerOf(engine),
      // Only asked when something is wrong already, so that what binding finds is told together with it.
      sourceSchemas: (unsound) => schemasNow(unsound, engine),
    });
    return {
      project,
      engine,
      ...(await openProjectLake(project, engine)),
      memoryBytes,
      environment: options.env,
      close: () => engine.close(),
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Columns of the sources as they are; none when they cannot be seen, since what is wrong already must be told first. */
async function schemasNow(project: Project, engine: Engine): Promise<ReadonlyMap<string, readonly Column[]>> {
  try {
    return sourceSchemas(await observe({ project, ...(await openProjectLake(project, engine)) }));
  } catch (error) {
    if (error instanceof LakeError) return new Map();
    throw error;
  }
}

async function openProjectLake(project: Project, engine: Engine): Promise<{ lake: Lake; clock: Clock }> {
  const address = /^[a-z][a-z0-9+.-]+:/i.test(project.lake) ? project.lake : resolve(project.folder, project.lake);
  const clock = project.clockMs === undefined ? systemClock : frozenClock(project.clockMs);
  return { lake: openLake(layered(await openStore(address)), engine, clock), clock };
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
export async function withWorkbench<T>(options: CommonOptions, act: (bench: Workbench) => Promise<T>): Promise<T> {
  const bench = await openWorkbench(options);
  try {
    return await act(bench);
  } finally {
    await bench.close();
  }
}
