import { describe, expect, it } from 'vitest';
import { ago, bytes, count, moment, number } from './words.ts';

describe('words', () => {
  it('write numbers and sizes as the program does', () => {
    expect([number(0), number(999), number(1041), number(1234567)]).toEqual(['0', '999', '1,041', '1,234,567']);
    expect([count(1, 'row'), count(2, 'row')]).toEqual(['1 row', '2 rows']);
    expect([bytes(999), bytes(1234), bytes(48_000), bytes(999_600)]).toEqual(['999 B', '1.2 kB', '48 kB', '1.0 MB']);
  });

  it('write moments with their zone, and how long ago they were', () => {
    const at = '2026-03-10T22:00:00.000Z';
    const later = (minutes: number): string => ago(at, Date.parse(at) + minutes * 60_000);
    expect(moment(at)).toBe('2026-03-10 22:00 UTC');
    expect([0, 1, 90, 3000].map(later)).toEqual(['just now', '1 minute ago', '1 hour ago', '2 days ago']);
    expect(later(-10)).toBe('');
  });
});
