import { createHash } from 'node:crypto';

/** Sixteen hex digits that change when the value does. The order of keys and `undefined` do not count. */
export function fingerprint(value: unknown): string {
  return hashed(canonical(value));
}

/** The same of a value with syntax trees, of which it does not count where their parts stand: white space and comments. */
export function fingerprintOfTrees(value: unknown): string {
  return hashed(canonical(value, 'query_location'));
}

/** Hash of a file's bytes. */
export function contentHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function canonical(value: unknown, without?: string): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (value instanceof Map) return canonical(Object.fromEntries(value), without);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, without)).join(',')}]`;
  const parts = Object.entries(value);
  parts.sort(([a], [b]) => (a < b ? -1 : 1));
  let text = '';
  for (const [key, part] of parts) {
    if (part === undefined || key === without) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(part, without)}`;
  }
  return `{${text}}`;
}
