import { LakeError } from '../core/errors.ts';

/** Refuses a path that no store may be asked for: absolute, with '.' or '..' parts, empty ones, or control characters. */
export function checkObjectPath(path: string): void {
  const parts = path.split('/');
  const wrong =
    path === '' || parts.some((part) => part === '' || part === '.' || part === '..') || hasForbiddenCharacter(path);
  if (wrong) throw refusedPath(path);
}

/** The same for a prefix of paths, which may be empty, end in '/', or stop in the middle of a name. */
export function checkObjectPrefix(prefix: string): void {
  const parts = prefix.split('/');
  const folders = parts.slice(0, -1);
  const wrong =
    folders.some((part) => part === '' || part === '.' || part === '..') ||
    parts.at(-1) === '..' ||
    hasForbiddenCharacter(prefix);
  if (wrong) throw refusedPath(prefix);
}

function hasForbiddenCharacter(path: string): boolean {
  // A backslash separates folders on some systems and not on others: it would mean two files.
  return path.includes('\u0000') || path.includes('\\');
}

function refusedPath(path: string): LakeError {
  return new LakeError(
    'LS3101',
    `The path ${JSON.stringify(path)} is not inside the store; use a plain relative path.`,
    {
      context: { path },
    },
  );
}

/** The order of UTF-8 bytes, in which all stores list. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
