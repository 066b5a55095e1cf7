import type { Column } from '../../core/schema.ts';
import type { Scalar } from '../../engine/engine.ts';

/** A value as laws compare it: sums of numbers with a binary fraction may differ in what the order of adding does to their last digits. */
export function lawValue(value: Scalar, column: Column | undefined): Scalar {
  const isBinary = column?.type === 'double' || column?.type === 'float';
  if (!isBinary || typeof value !== 'number' || !Number.isFinite(value)) return value;
  return Math.abs(value) < 1e6 ? Number(value.toFixed(6)) : Number(value.toPrecision(10));
}
