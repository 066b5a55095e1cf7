import { readHistory } from '@lakesmith/delta';
import type { Lake } from '../lake/lake.ts';

/** A version of a table that no run made. */
export interface ForeignCommit {
  readonly version: number;
  /** ISO time. */
  readonly at: string;
  /** What its writer calls itself, such as Apache-Spark/3.5.1; '' where it does not say. */
  readonly by: string;
  readonly operation: string;
}

/** The versions of a table, after one and up to another, that no run made and whose commits are still in the log; the newest first. */
export async function foreignCommits(
  lake: Lake,
  path: string,
  { after = -1, head, to = head }: { readonly after?: number; readonly head: number; readonly to?: number },
): Promise<readonly ForeignCommit[]> {
  const commits = await readHistory(lake.io(path), head - after);
  return commits
    .filter(({ version, commitInfo }) => version <= to && commitInfo?.['lakesmith'] === undefined)
    .map(({ version, timestampMs, commitInfo }) => ({
      version,
      at: new Date(timestampMs).toISOString(),
      by: commitInfo?.engineInfo ?? '',
      operation: commitInfo?.operation ?? '',
    }));
}

/** 'Apache-Spark/3.5.1: DELETE'. */
export function foreignText({ by, operation }: Pick<ForeignCommit, 'by' | 'operation'>): string {
  return `${by || 'unknown'}: ${operation || 'no word of what'}`;
}
