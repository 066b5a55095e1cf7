import { deserialize, serialize } from 'node:v8';
import type { Memory } from '../core/memory.ts';

/** A memory that lasts as long as a test, and keeps values as a file would. */
export function mapMemory(): Memory & { readonly recalled: () => number } {
  const values = new Map<string, Buffer>();
  let recalled = 0;
  return {
    recalled: () => recalled,
    recall: (key) => {
      const value = values.get(key);
      if (value === undefined) return undefined;
      recalled += 1;
      return deserialize(value) as unknown;
    },
    keep: (key, value) => void values.set(key, serialize(value)),
  };
}
