import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { frozenClock } from '../../packages/lakesmith/src/core/clock.ts';
import type { ProgressEvent } from '../../packages/lakesmith/src/core/progress.ts';
import { openDuckDb } from '../../packages/lakesmith/src/engine/duckdb/engine.ts';
import type { Engine } from '../../packages/lakesmith/src/engine/engine.ts';
import { openLake } from '../../packages/lakesmith/src/lake/lake.ts';
import { nodeProjectFiles } from '../../packages/lakesmith/src/project/files.ts';
import { loadProject } from '../../packages/lakesmith/src/project/load.ts';
import { compilerOf } from '../../packages/lakesmith/src/run/compiler.ts';
import { runProject } from '../../packages/lakesmith/src/run/run.ts';
import type { FaultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import { faultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import { openStore } from '../../packages/lakesmith/src/storage/open.ts';
import { removeFolder } from '../support/command.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let engine: Engine;
let project: TestProject;
beforeAll(async () => {
  engine = await openDuckDb({});
});
afterAll(() => engine.close());
afterEach(() => removeFolder(project.folder));

/** Appends the rows of silver.flat to it once more, as another writer would. */
function commitAsSpark(): void {
  const table = join(project.folder, 'lake/silver/flat');
  const first = readFileSync(join(table, '_delta_log/00000000000000000000.json'), 'utf8').split('\n');
  const { add } = JSON.parse(first.find((line) => line.startsWith('{"add"')) ?? '') as { add: { path: string } };
  copyFileSync(join(table, add.path), join(table, 'foreign.parquet'));
  const commitInfo = { timestamp: 1, operation: 'WRITE', engineInfo: 'Apache-Spark/3.5.1' };
  const actions = [{ commitInfo }, { add: { ...add, path: 'foreign.parquet' } }];
  writeFileSync(
    join(table, '_delta_log/00000000000000000001.json'),
    actions.map((action) => `${JSON.stringify(action)}\n`).join(''),
  );
}

interface Moment {
  readonly name: string;
  /** Has `act` called at that moment of a run. */
  readonly arrange: (act: () => void, store: FaultStore) => (event: ProgressEvent) => void;
}

const moments: readonly Moment[] = [
  {
    name: 'between staging and the last look',
    arrange: (act) => (event) => {
      if (event.kind === 'step-finished' && event.table === 'silver.flat') act();
    },
  },
  {
    name: 'after the last look',
    arrange: (act, store) => {
      store.onStep(({ path }, moment) => {
        if (path.startsWith('_lakesmith/intents/0') && moment === 'before') {
          store.onStep(undefined);
          act();
        }
      });
      return () => undefined;
    },
  },
];

describe('somebody else who commits to a table while a run builds on it', () => {
  it.each(moments)('$name: nothing is published, and the next run completes', async ({ arrange }) => {
    project = await createProject({
      'bronze/o.yml': 'files: landing/*.json\n',
      'silver/flat.sql': 'select id from bronze.o',
      'gold/total.sql': 'select count(*) as n from silver.flat',
      'landing/1.json': '{"id":1}\n',
    });
    await project.runs();
    await project.write('landing/2.json', '{"id":2}\n');

    const compiler = compilerOf(engine);
    const loaded = await loadProject(nodeProjectFiles(project.folder), { environment: undefined, env: {}, compiler });
    const clock = frozenClock(0);
    const store = faultStore(await openStore(join(project.folder, 'lake')));
    const running = runProject({
      project: loaded,
      lake: openLake(store.store, engine, clock),
      clock,
      signal: new AbortController().signal,
      emit: arrange(commitAsSpark, store),
      parallel: 1,
      memoryBytes: 0,
      program: 'test',
    });
    await expect(running).rejects.toMatchObject({ code: 'LS3301', message: expect.stringContaining('silver.flat') });
    expect(await project.query('select id from silver.flat')).toEqual([{ id: 1 }]);
    expect(await project.query('select n from gold.total')).toEqual([{ n: 1 }]);

    expect(await project.runs()).toContain('release 2');
    expect(await project.query('select id from silver.flat order by id')).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await project.query('select n from gold.total')).toEqual([{ n: 2 }]);
  });
});
