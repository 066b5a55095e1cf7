import { frozenClock } from '../../packages/lakesmith/src/core/clock.ts';
import type { Engine } from '../../packages/lakesmith/src/engine/engine.ts';
import { openLake } from '../../packages/lakesmith/src/lake/lake.ts';
import { nodeProjectFiles } from '../../packages/lakesmith/src/project/files.ts';
import { loadProject } from '../../packages/lakesmith/src/project/load.ts';
import { compilerOf } from '../../packages/lakesmith/src/run/compiler.ts';
import type { RunRequest } from '../../packages/lakesmith/src/run/run.ts';
import { runProject } from '../../packages/lakesmith/src/run/run.ts';
import type { ObjectStore } from '../../packages/lakesmith/src/storage/object-store.ts';

/** What acting on a project asks for, with a store of the test's for its lake. */
export async function requestOn(project: string, store: ObjectStore, engine: Engine): Promise<RunRequest> {
  const compiler = compilerOf(engine);
  const loaded = await loadProject(nodeProjectFiles(project), { environment: undefined, env: {}, compiler });
  const clock = frozenClock(loaded.clockMs ?? 0);
  return {
    project: loaded,
    lake: openLake(store, engine, clock),
    clock,
    signal: new AbortController().signal,
    emit: () => undefined,
    // One at a time, so that the n-th step is the same step each time.
    parallel: 1,
    memoryBytes: 0,
    program: 'test',
  };
}

/** A run of it that must not fail. */
export async function runOn(project: string, store: ObjectStore, engine: Engine): Promise<void> {
  const result = await runProject(await requestOn(project, store, engine));
  const failed = result.record?.steps.find((step) => step.status === 'failed');
  if (failed !== undefined) throw new Error(failed.error?.message ?? 'failed');
}
