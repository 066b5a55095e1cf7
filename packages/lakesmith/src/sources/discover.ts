import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file in a landing folder. */
export interface FoundFile {
  /** Relative to the project, '/' separated: what the ledger and `_source` hold. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/**
 * Files under `root` that match a glob ('*' within a name, '**' across folders, '?' one character), by path in byte
 * order. Names that begin with '.' or '_' are somebody's work in progress and never match.
 */
export async function discoverFiles(root: string, pattern: string): Promise<FoundFile[]> {
  const parts = pattern.replace(/^\.\//, '').split('/');
  const fixed = parts.findIndex((part) => /[*?]/.test(part));
  const base = parts.slice(0, fixed === -1 ? parts.length - 1 : fixed).join('/');
  const matches = globMatcher(parts.join('/'));
  const paths: string[] = [];
  await walk(
    root,
    base,
    parts.includes('**') ? Infinity : parts.length - (base === '' ? 0 : base.split('/').length),
    (path) => {
      if (matches(path)) paths.push(path);
    },
  );
  const found = await Promise.all(
    paths.map(async (path) => {
      const info = await stat(join(root, path));
      return info.isFile() ? [{ path, sizeBytes: info.size, modifiedMs: Math.floor(info.mtimeMs) }] : [];
    }),
  );
  return found.flat().sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

async function walk(root: string, folder: string, depth: number, visit: (path: string) => void): Promise<void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  for (const entry of entries) {
    if (/^[._]/.test(entry.name)) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (depth > 1) await walk(root, path, depth - 1, visit);
    } else visit(path);
  }
}

/** A test for paths, from a glob. */
export function globMatcher(pattern: string): (path: string) => boolean {
  const source = pattern
    .replace(/^\.\//, '')
    .split('/')
    .map((part) =>
      part === '**'
        ? '(?:[^/]+/)*'
        : part
            .replace(/[.+^${}()|[\]\\]/g, '\\$&')
            .replace(/\*/g, '[^/]*')
            .replace(/\?/g, '[^/]') + '/',
    )
    .join('')
    .replace(/\/$/, '');
  const expression = new RegExp(`^${source}$`, 'u');
  return (path) => expression.test(path);
}
