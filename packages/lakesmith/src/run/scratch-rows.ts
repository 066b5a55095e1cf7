import type { Column } from '../core/schema.ts';
import type { ColumnStats, Relation } from '../engine/engine.ts';
import { scratchRelation } from '../lake/source-rows.ts';
import { withTemporaryFolder } from '../storage/temporary-folder.ts';
import type { RunContext } from './context.ts';
import { temporaryPlace } from './temporary-place.ts';

/** Rows of a query that lie in a file, so that they are made once, and how many they are. */
export interface KeptRows {
  readonly relation: Extract<Relation, { kind: 'parquet' }>;
  readonly rows: number;
  /** By column; absent: nothing is known of it. */
  readonly stats: Readonly<Record<string, ColumnStats>>;
}

/** Keeps rows between the questions of one step. */
export interface ScratchRows {
  readonly folder: string;
  keep(name: string, query: ScratchQuery): Promise<KeptRows>;
}

interface ScratchQuery {
  readonly sql: string;
  readonly relations: readonly Relation[];
  /** What the columns are to be. */
  readonly columns: readonly Column[];
}

/** Does something that keeps rows, which go with it. */
export async function withScratchRows<T>(
  context: Pick<RunContext, 'project' | 'engine' | 'signal'>,
  act: (scratch: ScratchRows) => Promise<T>,
): Promise<T> {
  const { project, engine, signal } = context;
  return await withTemporaryFolder(temporaryPlace(project), 'refresh', async (folder) =>
    act({
      folder,
      async keep(name, query) {
        const { timezone } = project;
        const files = await engine.stage(
          { ...query, timezone, folder, fileName: `${name}.parquet`, fieldIds: {}, passing: true },
          { signal },
        );
        return {
          relation: scratchRelation(name, { folder, columns: query.columns, files }),
          rows: files.reduce((sum, file) => sum + file.rows, 0),
          stats: files.length === 1 ? (files[0]?.stats ?? {}) : {},
        };
      },
    }),
  );
}
