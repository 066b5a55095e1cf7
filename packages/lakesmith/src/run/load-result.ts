import type { LoadedFile } from '../sources/ledger.ts';
import type { BoundTable } from './context.ts';

export interface LoadResult {
  readonly table: BoundTable;
  readonly rows: number;
  readonly added: number;
  readonly unit: 'rows' | 'changes';
  readonly loaded: readonly LoadedFile[];
}
