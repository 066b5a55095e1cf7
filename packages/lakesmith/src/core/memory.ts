import { createHash } from 'node:crypto';

/** What was found out before, by a key that holds all that it depends on. Losing it costs time and nothing else. */
export interface Memory {
  /** What was kept under this key; undefined when nothing was. */
  recall(key: string): unknown;
  /** Keeps a value of plain data. */
  keep(key: string, value: unknown): void;
}

export const noMemory: Memory = { recall: () => undefined, keep: () => undefined };

/** The key of all of these texts together. */
export function memoryKey(...texts: readonly string[]): string {
  // The length first, so that no two lists of texts are alike. At once: each piece costs more than its bytes.
  const together = texts.map((text) => `${text.length}:${text}`).join('');
  return createHash('sha256').update(together).digest('base64');
}
