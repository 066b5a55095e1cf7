import { createHash } from 'node:crypto';

/** Sixteen hex digits that change when the text does. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
