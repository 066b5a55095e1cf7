import type { StagedTable } from '../lake/staged.ts';
import type { SourceTable } from '../project/model.ts';
import type { LoadedFile } from '../sources/ledger.ts';
import type { BoundTable } from './context.ts';
import type { SourceSighting } from './sight-source.ts';

/** What is to be loaded, and where to. */
export interface Load {
  readonly table: SourceTable;
  readonly path: string;
  readonly sighting: SourceSighting;
}

/** Is shown a table with what was loaded before anything is committed; throws what is against it. */
export type JudgeLoad = (staged: StagedTable) => Promise<void>;

export interface LoadResult {
  readonly table: BoundTable;
  readonly rows: number;
  readonly added: number;
  readonly unit: 'rows' | 'changes';
  readonly loaded: readonly LoadedFile[];
}
