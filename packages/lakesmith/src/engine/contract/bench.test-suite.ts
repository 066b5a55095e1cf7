import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Column } from '../../core/schema.ts';
import type { AskRequest, CellValue, Engine, Relation, StagedFile, StageOptions, StageRequest } from '../engine.ts';

/** What an engine may use in these tests. */
interface ContractOptions {
  readonly memoryBytes?: number;
  readonly threads?: number;
}

/** An engine under test and a folder for its files; both are there while tests run. */
export interface EngineBench {
  readonly engine: Engine;
  readonly folder: string;
  /** Opens another engine of the same kind. */
  readonly open: (options: ContractOptions) => Promise<Engine>;
  /** All rows of a query. */
  readonly rows: (request: Partial<AskRequest> & { readonly sql: string }) => Promise<CellValue[][]>;
  /** Stages a query into the folder. */
  readonly stage: (
    request: Partial<StageRequest> & Pick<StageRequest, 'sql' | 'columns'>,
    options?: StageOptions,
  ) => Promise<readonly StagedFile[]>;
  /** Staged files as a relation. */
  readonly parquet: (name: string, columns: readonly Column[], staged: readonly StagedFile[]) => Relation;
}

/** All rows of a query. */
export async function rowsOf(
  engine: Engine,
  request: Partial<AskRequest> & { readonly sql: string },
): Promise<CellValue[][]> {
  const { batches } = await engine.query({ relations: [], timezone: 'UTC', ...request });
  const rows: CellValue[][] = [];
  for await (const batch of batches) {
    for (let row = 0; row < batch.rowCount; row++) rows.push(batch.columns.map((column) => column[row] ?? null));
  }
  return rows;
}

/** Opens the engine and the folder before the tests of the enclosing `describe`, and closes them after. */
export function prepareBench(open: EngineBench['open']): EngineBench {
  let engine: Engine;
  let folder: string;
  let files = 0;
  beforeAll(async () => {
    engine = await open({});
    folder = await mkdtemp(join(tmpdir(), 'lakesmith-engine-'));
  });
  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    get engine() {
      return engine;
    },
    get folder() {
      return folder;
    },
    open,
    rows: (request) => rowsOf(engine, request),
    stage: (request, options) =>
      engine.stage(
        {
          relations: [],
          timezone: 'UTC',
          folder,
          fileName: `f${files++}.parquet`,
          fieldIds: {},
          ...request,
        },
        options,
      ),
    parquet: (name, columns, staged) => ({
      name,
      kind: 'parquet',
      columns,
      files: staged.map((file) => ({ location: join(folder, file.name), partitionValues: {} })),
    }),
  };
}
