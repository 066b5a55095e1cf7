import type { DeletionVector } from './actions.ts';
import { DeltaError } from './errors.ts';

const ESCAPES = /(?:%[0-9a-fA-F]{2})+/g;
const SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]+:/;

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
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
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

/**
 * Where a file of the log is, relative to the table's root. Paths that leave the root are refused ('unsafe-path'), and
 * absolute ones too unless the caller allows them: otherwise a table could make its reader open any file.
 */
export function resolvePath(path: string, options: { allowAbsolute?: boolean } = {}): string {
  const resolved = canonicalPath(path);
  const absolute = resolved.startsWith('/') || SCHEME.test(resolved);
  const leaves = resolved.split(/[\\/]/).includes('..') || resolved.includes('\u0000') || resolved === '';
  if (leaves || (absolute && options.allowAbsolute !== true)) {
    throw new DeltaError(
      'unsafe-path',
      `The log names the file ${JSON.stringify(path)}, which is outside the table's folder; it is not opened.`,
      { context: { path } },
    );
  }
  return resolved;
}
