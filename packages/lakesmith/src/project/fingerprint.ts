import { createHash } from 'node:crypto';
import { digest } from '../core/digest.ts';

/** Sixteen hex digits that change when the value does. The order of keys and `undefined` do not count. */
export function fingerprint(value: unknown): string {
  return digest(canonical(value));
}

/** The same of a value with syntax trees, of which it does not count where their parts stand: white space and comments. */
export function fingerprintOfTrees(value: unknown): string {
  return digest(canonical(value, 'query_location'));
}

/** Hash of a file's bytes. */
export function contentHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

function canonical(value: unknown, without?: string): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (value instanceof Map) return canonical(Object.fromEntries(value), without);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, without)).join(',')}]`;
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const part = (value as Readonly<Record<string, unknown>>)[key];
    if (part === undefined || key === without) continue;
    text += `${text === '' ? '' : ','}${quoted(key)}:${canonical(part, without)}`;
  }
  return `{${text}}`;
}

const quotedKeys = new Map<string, string>();

/** There are few keys, and each is met very often; those that users make are not kept for long. */
function quoted(key: string): string {
  const known = quotedKeys.get(key);
  if (known !== undefined) return known;
  if (quotedKeys.size >= 1000) quotedKeys.clear();
  const text = JSON.stringify(key);
  quotedKeys.set(key, text);
  return text;
}
