import { plainIntegers } from '../core/json.ts';
import type { CellValue, Scalar } from './engine.ts';

/** A value as people read it: bytes as hexadecimal digits, what has parts as JSON. */
export function cellText(value: CellValue): Scalar {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  return value === null || typeof value !== 'object' ? value : JSON.stringify(value, lossless);
}

/** For JSON.stringify: nothing is lost that JSON has no form for. Bytes are base64; NaN and the infinities are texts. */
export function lossless(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return plainIntegers(key, value);
}
