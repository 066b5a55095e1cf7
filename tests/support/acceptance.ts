import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './command.ts';

/** Tables that other programs wrote, with what is known of their contents. */
export const acceptanceFolder: string = process.env['LAKESMITH_ACCEPTANCE'] ?? join(root, '../shared/delta-acceptance');

/** What to do with one table, and what must come of it (MANIFEST.md says what the words mean). */
export interface Expectation {
  readonly id: string;
  /** The table's folder, relative to the collection. */
  readonly path: string;
  readonly op: {
    readonly type: 'read' | 'files' | 'files+read' | 'cdf' | 'write';
    readonly version?: number;
    readonly predicate?: string;
    readonly columns?: readonly string[];
    readonly stagedCommits?: readonly string[];
    readonly setup?: string;
    readonly from?: number;
    readonly to?: number | null;
    readonly fromTimestamp?: string;
  };
  readonly expect: {
    readonly kind: 'parquet' | 'rows' | 'count' | 'files' | 'error';
    readonly path?: string;
    readonly value?: number | string;
    readonly rows?: number;
    readonly orCount?: number;
    readonly version?: number;
    readonly records?: number;
    readonly paths?: readonly string[];
    readonly cellFormat?: string;
  };
  readonly optional?: boolean;
}

/** All entries of the manifest; an error when it is not there. */
export function expectations(): readonly Expectation[] {
  return JSON.parse(readFileSync(join(acceptanceFolder, 'manifest.json'), 'utf8')) as Expectation[];
}
