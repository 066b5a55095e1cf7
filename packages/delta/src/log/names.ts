/** What a file in `_delta_log` is, by its name. */
export type LogName =
  | { readonly kind: 'commit'; readonly version: number }
  | { readonly kind: 'checkpoint'; readonly version: number; readonly part: number; readonly parts: number }
  | { readonly kind: 'v2-checkpoint'; readonly version: number; readonly format: 'json' | 'parquet' }
  | { readonly kind: 'compacted'; readonly version: number; readonly toVersion: number }
  | { readonly kind: 'checksum'; readonly version: number };

export const LOG_FOLDER = '_delta_log';
export const LAST_CHECKPOINT_PATH: string = `${LOG_FOLDER}/_last_checkpoint`;

const NAME =
  /^(\d{20})\.(?:(json)|(crc)|(\d{20})\.compacted\.json|checkpoint\.(?:(\d{10})\.(\d{10})\.)?(parquet)|checkpoint\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(json|parquet))$/;

/** The meaning of a bare file name; undefined for whatever else lies in the folder (Hadoop's `.crc`, temporary files). */
export function parseLogName(name: string): LogName | undefined {
  const match = NAME.exec(name);
  const version = Number(match?.[1]);
  if (match === null || !Number.isSafeInteger(version)) return undefined;
  const [, , commit, checksum, toVersion, part, parts, classic, v2] = match;
  if (commit !== undefined) return { kind: 'commit', version };
  if (checksum !== undefined) return { kind: 'checksum', version };
  if (toVersion !== undefined) {
    const to = Number(toVersion);
    return Number.isSafeInteger(to) ? { kind: 'compacted', version, toVersion: to } : undefined;
  }
  if (classic !== undefined) return { kind: 'checkpoint', version, part: Number(part ?? 1), parts: Number(parts ?? 1) };
  return { kind: 'v2-checkpoint', version, format: v2 === 'json' ? 'json' : 'parquet' };
}

/** The name of a version that is too large to be counted to. Commits are missing before it, or it is no file of the log. */
export function isBeyondCount(name: string): boolean {
  return NAME.test(name) && !name.endsWith('.crc') && parseLogName(name) === undefined;
}

/** The start of every name of a version; itself before all of them in a listing. */
export function versionPrefix(version: number): string {
  return String(version).padStart(20, '0');
}

export function commitPath(version: number): string {
  return `${LOG_FOLDER}/${versionPrefix(version)}.json`;
}

/** The commits `from` to `to` in one file. */
export function compactedPath(from: number, to: number): string {
  return `${LOG_FOLDER}/${versionPrefix(from)}.${versionPrefix(to)}.compacted.json`;
}

export function checkpointPath(version: number): string {
  return `${LOG_FOLDER}/${versionPrefix(version)}.checkpoint.parquet`;
}

/** A checkpoint of the V2 spec, whose name is like no other. */
export function v2CheckpointPath(version: number, uuid: string): string {
  return `${LOG_FOLDER}/${versionPrefix(version)}.checkpoint.${uuid}.parquet`;
}

/** Where the files of V2 checkpoints are that hold the table's files. */
export const SIDECARS_FOLDER: string = `${LOG_FOLDER}/_sidecars`;

export function checksumPath(version: number): string {
  return `${LOG_FOLDER}/${versionPrefix(version)}.crc`;
}

const STAGED = /^(?:_delta_log\/)?_staged_commits\/(\d{20})\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json$/;

export const STAGED_COMMITS_FOLDER: string = `${LOG_FOLDER}/_staged_commits`;

/** The version and place of a commit that a catalog ratified and nobody published; undefined when it is no such path. */
export function parseStagedCommitPath(path: string): { readonly version: number; readonly path: string } | undefined {
  const version = Number(STAGED.exec(path)?.[1]);
  if (!Number.isSafeInteger(version)) return undefined;
  return { version, path: `${STAGED_COMMITS_FOLDER}/${path.slice(path.lastIndexOf('/') + 1)}` };
}
