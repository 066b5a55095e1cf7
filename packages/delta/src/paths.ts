import type { DeletionVector } from './actions.ts';
import { DeltaError } from './errors.ts';

const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });
const ESCAPES = /(?:%[0-9a-fA-F]{2})+/g;
const SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]*):/;

/** The path of a log action as a file system or bucket knows it: percent-decoded once. A stray `%` stays as it is. */
export function decodePath(path: string): string {
  return path.includes('%') ? path.replace(ESCAPES, decodeEscapes) : path;
}

function decodeEscapes(escapes: string): string {
  try {
    return decodeURIComponent(escapes);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return decodeWhatIsUtf8(escapes);
  }
}

/** Escapes that are not UTF-8 stay literal; those around them are decoded. */
function decodeWhatIsUtf8(escapes: string): string {
  let result = '';
  for (let at = 0; at < escapes.length;) {
    const length = [3, 6, 9, 12].find((n) => at + n <= escapes.length && isUtf8(escapes.slice(at, at + n))) ?? 0;
    result += length === 0 ? escapes.slice(at, at + 3) : decodeURIComponent(escapes.slice(at, at + length));
    at += length || 3;
  }
  return result;
}

function isUtf8(escapes: string): boolean {
  const bytes = Uint8Array.from(escapes.split('%').slice(1), (hex) => Number.parseInt(hex, 16));
  const text = LENIENT.decode(bytes);
  return !text.includes('\uFFFD') || escapes.toUpperCase() === '%EF%BF%BD';
}

/** A relative path as it is written into the log. */
export function encodePath(path: string): string {
  try {
    // Colons are escaped, so that no reader takes what stands before one for a scheme.
    return encodeURI(path).replace(/[?#:]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  } catch (error) {
    throw new DeltaError('invalid-value', `The file name ${JSON.stringify(path)} cannot be written as UTF-8.`, {
      cause: error,
    });
  }
}

/** The same for every spelling of one file: decoded, and `/x` for `file:/x` and `file:///x`. */
export function canonicalPath(path: string): string {
  const decoded = decodePath(path);
  return decoded.startsWith('file:') ? decoded.replace(/^file:(?:\/\/(?:localhost)?(?=\/))?\/*/, '/') : decoded;
}

/** Key of a file in a snapshot: the same data file with another deletion vector is another logical file. */
export function fileKey(file: { readonly path: string; readonly deletionVector?: DeletionVector }): string {
  const path = canonicalPath(file.path);
  return file.deletionVector === undefined ? path : `${path}\u0000${deletionVectorId(file.deletionVector)}`;
}

function deletionVectorId(dv: DeletionVector): string {
  return `${dv.storageType}${dv.pathOrInlineDv}${dv.offset === undefined ? '' : `@${dv.offset}`}`;
}

/** Where a file of the log is. */
export type FilePlace =
  /** In the table's folder: relative to it, decoded. */
  | { readonly kind: 'inside'; readonly path: string }
  /** Elsewhere, under a prefix that was allowed: `/data/x` or `s3://bucket/x`, decoded. */
  | { readonly kind: 'outside'; readonly url: string };

/** What a reader trusts: the table's own location, and prefixes that its files may lie under besides. */
export interface TrustedPlaces {
  readonly location?: string;
  readonly allowed?: readonly string[];
}

/**
 * Where the file of a log's `path` is: an absolute path under the table's own location is inside. What leaves the table's folder
 * and is under no allowed prefix is 'unsafe-path': otherwise a table could make its reader open any file.
 */
export function locate(path: string, io: TrustedPlaces = {}): FilePlace {
  const absolute = absoluteUrl(path);
  if (absolute === undefined) return { kind: 'inside', path: checkRelative(decodePath(path), path) };
  if (absolute === null || leaves(absolute)) throw unsafe(path);
  const inside = io.location === undefined ? undefined : below(absolute, normalizePrefix(io.location));
  if (inside !== undefined) return { kind: 'inside', path: checkRelative(inside, path) };
  // In the address of a bucket, what follows a question mark is read as options.
  const isPlain = absolute.startsWith('/') || !/[?#]/.test(absolute);
  const isAllowed = io.allowed?.some((prefix) => below(absolute, normalizePrefix(prefix)) !== undefined) === true;
  if (!isPlain || !isAllowed) throw unsafe(path);
  return { kind: 'outside', url: absolute };
}

/** A relative path that is decoded already, if it stays in the table's folder; `shown` is what an error names. */
export function checkRelative(decoded: string, shown: string): string {
  const isRooted = /^(?:[\\/]|[a-zA-Z]:)/.test(decoded);
  if (decoded === '' || isRooted || leaves(decoded)) throw unsafe(shown);
  return decoded;
}

function leaves(decoded: string): boolean {
  return decoded.includes('\u0000') || decoded.split(/[\\/]/).includes('..');
}

/** Undefined for a relative path, null for an absolute one that is never opened. */
function absoluteUrl(path: string): string | null | undefined {
  const scheme = SCHEME.exec(path)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    const decoded = decodePath(path);
    if (!decoded.startsWith('/')) return undefined;
    return decoded.startsWith('//') ? null : decoded;
  }
  if (scheme === 'file') {
    const local = /^file:(?:\/\/(?:localhost)?(?=\/))?(\/.*)$/is.exec(path)?.[1];
    const decoded = local === undefined ? undefined : decodePath(local);
    return decoded === undefined || decoded.startsWith('//') ? null : decoded;
  }
  const rest = path.slice(scheme.length + 1);
  return scheme.length > 1 && rest.startsWith('//') ? `${sameStore(scheme)}:${decodePath(rest)}` : null;
}

/** Hadoop has several names for one kind of store. */
function sameStore(scheme: string): string {
  return { s3a: 's3', s3n: 's3', abfs: 'abfss', wasb: 'wasbs' }[scheme] ?? scheme;
}

/** A prefix as `absoluteUrl` writes paths, but decoded already, and with one slash at the end. */
function normalizePrefix(prefix: string): string {
  const local = prefix.replace(/^file:(?:\/\/(?:localhost)?(?=\/))?(?=\/)/i, '');
  const scheme = SCHEME.exec(local)?.[1];
  const named = scheme === undefined ? local : `${sameStore(scheme.toLowerCase())}${local.slice(scheme.length)}`;
  return named.endsWith('/') ? named : `${named}/`;
}

function below(url: string, prefix: string): string | undefined {
  return url.startsWith(prefix) && url.length > prefix.length ? url.slice(prefix.length) : undefined;
}

function unsafe(path: string): DeltaError {
  return new DeltaError(
    'unsafe-path',
    `The log names the file ${JSON.stringify(path.slice(0, 500))}, which is outside the table's folder; it is not opened.`,
    { context: { path: path.slice(0, 500) } },
  );
}
