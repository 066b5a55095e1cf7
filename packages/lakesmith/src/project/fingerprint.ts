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
  let text = '';
  const add = (part: unknown): void => {
    if (typeof part === 'bigint') text += `${part}n`;
    else if (typeof part !== 'object' || part === null) text += JSON.stringify(part) ?? 'null';
    else if (part instanceof Map) addObject(Object.fromEntries(part));
    else if (Array.isArray(part)) addList(part);
    else addObject(part as Readonly<Record<string, unknown>>);
  };
  const addList = (items: readonly unknown[]): void => {
    text += '[';
    for (const [i, item] of items.entries()) {
      if (i > 0) text += ',';
      add(item);
    }
    text += ']';
  };
  const addObject = (object: Readonly<Record<string, unknown>>): void => {
    text += '{';
    let between = '';
    for (const key of sortedKeys(object)) {
      const part = object[key];
      if (part === undefined || key === without) continue;
      text += `${between}${quoted(key)}:`;
      between = ',';
      add(part);
    }
    text += '}';
  };
  add(value);
  return text;
}

/** As `sort()` has them. Nodes of trees have few keys, which are mostly in order. */
function sortedKeys(object: object): readonly string[] {
  const keys = Object.keys(object);
  if (keys.length > 30) return keys.sort();
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] ?? '';
    let place = i;
    for (let before = keys[place - 1]; before !== undefined && before > key; before = keys[place - 1]) {
      keys[place] = before;
      place -= 1;
    }
    keys[place] = key;
  }
  return keys;
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
