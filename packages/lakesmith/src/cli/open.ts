import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { frozenClock, systemClock } from '../core/clock.ts';
import type { Engine } from '../engine/engine.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Lake } from '../lake/lake.ts';
import { openLake } from '../lake/lake.ts';
import { nodeProjectFiles } from '../project/files.ts';
import { loadProject } from '../project/load.ts';
import type { Project } from '../project/model.ts';
import { compilerOf } from '../run/compiler.ts';
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
    });
    const clock = project.clockMs === undefined ? systemClock : frozenClock(project.clockMs);
    const store = await openStore(
      /^[a-z][a-z0-9+]*:/i.test(project.lake) ? project.lake : resolve(folder, project.lake),
    );
    return { project, engine, lake: openLake(store, engine, clock), clock, memoryBytes, close: () => engine.close() };
  } catch (error) {
    await engine.close();
    throw error;
  }
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

/** Half of the machine, and never more than the engine can use on a small one. */
export function defaultMemoryBytes(): number {
  return Math.max(512 * 1024 ** 2, Math.floor(totalmem() / 2));
}
