import type { DuckDBInstance } from '@duckdb/node-api';
import { isAbsolute } from 'node:path';
import { LakeError } from '../../core/errors.ts';
import { makeTemporaryFolder, sweepTemporaryFolders } from '../../storage/temporary-folder.ts';
import { duckdb } from './library.ts';

/** What an engine may use of this machine. */
export interface DuckDbOptions {
  readonly memoryBytes?: number;
  readonly threads?: number;
  /**
   * Absolute folder to spill to, where the engine makes one of its own: two that shared one would read each other's rows. Without it
   * nothing is spilled, and a query that does not fit in memory is LS2102.
   */
  readonly tempFolder?: string;
  /** At most this much of it. */
  readonly tempBytes?: number;
}

/** The time zone of connections that say nothing else. */
export const usualTimezone = 'UTC';

/** Makes the folder that one engine spills to, and takes away those of engines that were killed. */
export async function makeSpillFolder(parent: string): Promise<string> {
  if (!isAbsolute(parent))
    throw new LakeError('LS2101', `The engine's temporary folder must be an absolute path, not ${parent}`);
  const folder = await makeTemporaryFolder(parent, 'engine');
  await sweepTemporaryFolders(parent, Date.now());
  return folder;
}

/** A database in memory that fetches and loads nothing by itself, and spills to this folder. */
export async function openInstance(options: DuckDbOptions): Promise<DuckDBInstance> {
  const { memoryBytes, threads, tempFolder, tempBytes } = options;
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_unsigned_extensions: 'false',
    preserve_insertion_order: 'false',
    // It keeps bytes of files in memory and gives old ones for a file that was replaced a moment ago.
    enable_external_file_cache: 'false',
    errors_as_json: 'true',
    // It makes a row of NULLs out of no rows: `qualify row_number() over (order by x) = 1` of an empty table.
    disabled_optimizers: 'top_n_window_elimination',
    // Empty: no spilling into a folder that nobody chose.
    temp_directory: tempFolder ?? '',
    ...(memoryBytes === undefined ? {} : { memory_limit: `${memoryBytes}B` }),
    ...(threads === undefined ? {} : { threads: String(threads) }),
    ...(tempFolder !== undefined && tempBytes !== undefined ? { max_temp_directory_size: `${tempBytes}B` } : {}),
  });
  const connection = await instance.connect();
  // The setting comes with an extension, so that it cannot be among those above.
  await connection.run(`SET GLOBAL TimeZone = '${usualTimezone}'`);
  connection.closeSync();
  return instance;
}
