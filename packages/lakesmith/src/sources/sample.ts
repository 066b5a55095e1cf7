import { join } from 'node:path';
import { LakeError } from '../core/errors.ts';
import { countRecords } from './line-of-record.ts';

/**
 * sample://NAME: a database that needs no server. Its tables are CSV files in the project's folder NAME: every version
 * of every row in the order of its change, as a change log gives them. A column `_op` says insert, update or delete
 * where the first and later rows of a key do not say it already.
 */
export interface SampleTable {
  /** Absolute path of the CSV. */
  readonly location: string;
  /** Changes in its log now. */
  readonly changes: number;
}

/** Where the log of a table lies. */
export function sampleLocation(projectFolder: string, url: string, table: string): string {
  return join(projectFolder, url.replace(/^sample:\/\//, ''), `${table}.csv`);
}

export async function openSampleTable(projectFolder: string, url: string, table: string): Promise<SampleTable> {
  const location = sampleLocation(projectFolder, url, table);
  try {
    // A quoted cell may go over several lines, so records are counted as they are read.
    const records = await countRecords(location, 'csv');
    return { location, changes: Math.max(0, records - 1) };
  } catch (cause) {
    throw new LakeError('LS2001', `${url} has no table ${table}: ${table}.csv is not in its folder.`, { cause });
  }
}
