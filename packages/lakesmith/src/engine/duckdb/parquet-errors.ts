import { LakeError } from '../../core/errors.ts';
import type { Relation } from '../engine.ts';
import { readFailure } from './errors.ts';

/** A data file that cannot be read, in the program's words. */
export function fileError(file: string, reason: string, cause: unknown): LakeError {
  return new LakeError(
    'LS3004',
    `The data file ${file} cannot be read (${reason}): restore it, or read a version of the table without it.`,
    { cause, context: { file } },
  );
}

/** How the engine begins when it fails at a Parquet file; it does not always name it. */
const damage =
  /^(?:No magic bytes|invalid TType|Variable-length int over|Payload value bigger than|Page size mismatch|Incorrect stats size|(?:RLE|Delta Length Byte Array) encoding is only|No files found|Cannot open file|Could not read|Failed to read|TProtocolException|TTransportException|[Dd]on't know what type|Out of buffer|File '[^']*' too small|Parquet |Corrupt|Invalid (?:page|parquet|definition|repetition|dictionary)|(?:Snappy|GZIP|ZSTD|LZ4|Brotli)\b.*failure)/i;

/** The same failure, told by the data file that caused it; what no data file caused comes back as it is. */
export function locateFileError(error: unknown, relations: readonly Relation[]): unknown {
  if (!(error instanceof LakeError) || error.code !== 'LS2101' || error.cause === undefined) return error;
  const { kind, message } = readFailure(error.cause);
  const files = relations.flatMap((relation) =>
    relation.kind === 'parquet' ? relation.files.map((file) => file.location) : [],
  );
  const named = files.find((file) => message.includes(`"${file}"`) || message.includes(`'${file}'`));
  if (named !== undefined) return fileError(named, message, error.cause);
  if (files.length === 0 || !['IO', 'Invalid Input', 'Invalid', 'INTERNAL', ''].includes(kind) || !damage.test(message))
    return error;
  const [first = ''] = files;
  return fileError(
    new Set(files).size === 1 ? first : `among ${files.length}, ${first} and others,`,
    message,
    error.cause,
  );
}
