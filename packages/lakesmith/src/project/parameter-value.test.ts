import { describe, expect, it } from 'vitest';
import type { DataType } from '../core/schema.ts';
import { fitsType, impliedType } from './parameter-value.ts';

describe('a value of a parameter', () => {
  it.each<[string, DataType, boolean]>([
    ['127', 'byte', true],
    ['128', 'byte', false],
    ['-2147483648', 'integer', true],
    ['2147483648', 'integer', false],
    ['9223372036854775807', 'long', true],
    ['9223372036854775808', 'long', false],
    ['1.0', 'long', false],
    ['0.10', 'decimal(2,1)', true],
    ['0.15', 'decimal(2,1)', false],
    ['10.1', 'decimal(2,1)', false],
    ['100', 'decimal(3,0)', true],
    ['1e3', 'double', true],
    ['1e999', 'double', false],
    ['yes', 'boolean', false],
    ['2024-02-29', 'date', true],
    ['2026-02-29', 'date', false],
    ['2026-01-01 10:00:00.123456Z', 'timestamp', true],
    ['2026-01-01 10:00:00.1234567Z', 'timestamp', false],
    ['2026-01-01T10:00:00Z', 'timestamp_ntz', false],
    ['2026-01-01T10:00', 'timestamp_ntz', true],
    ['2026-01-01 25:00', 'timestamp', false],
  ])('%s of type %s', (text, type, fits) => {
    expect(fitsType(text, type)).toBe(fits);
  });

  it.each([
    ['5', undefined, '5', 'integer'],
    ['5', undefined, '5000000000', 'long'],
    ['5', undefined, '12345678901234567890', 'decimal(20,0)'],
    ['0.19', undefined, '0.075', 'decimal(4,3)'],
    ['0.19', undefined, 'DE', undefined],
    ['1', true, 'DE', 'string'],
    ['true', false, '1', undefined],
    ['2026-01-01', true, '2026-05-01', 'date'],
    ['2026-01-01', true, 'May', undefined],
  ])('beside the default %s (quoted: %s), %s is %s', (text, quoted, value, type) => {
    expect(impliedType({ text, ...(quoted === undefined ? {} : { quoted }) }, value)).toBe(type);
  });
});
