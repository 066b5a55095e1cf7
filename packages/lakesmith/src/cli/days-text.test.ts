import { describe, expect, it } from 'vitest';
import type { DayUnit, TableDay } from '../run/days-of-table.ts';
import { daysText } from './days-text.ts';

const dayOf = (day: string | null, rows = 1): TableDay => ({ day, rows, changed: undefined, waiting: 0 });

function text(unit: DayUnit, ...days: readonly (string | null)[]): readonly string[] {
  const told = { table: 'gold.t', column: 'c', unit, days: days.map((day) => dayOf(day)), unfollowed: [] };
  return daysText(told, 0)
    .slice(1)
    .map((line) => line.trim().split(/ {3,}/)[0] ?? '');
}

describe('gaps between days', () => {
  it('are told, over the ends of months and years, and through leap days', () => {
    expect(text('day', '2027-12-30', '2028-01-02')).toEqual(['2027-12-30', '2027-12-31 … 2028-01-01', '2028-01-02']);
    expect(text('day', '2028-02-28', '2028-03-01')).toEqual(['2028-02-28', '2028-02-29', '2028-03-01']);
    expect(text('day', '2026-02-28', '2026-03-01')).toEqual(['2026-02-28', '2026-03-01']);
  });

  it('are told of hours and months', () => {
    expect(text('hour', '2026-02-28 22:00', '2026-03-01 01:00')).toEqual([
      '2026-02-28 22:00',
      '2026-02-28 23:00 … 2026-03-01 00:00',
      '2026-03-01 01:00',
    ]);
    expect(text('month', '2026-11', '2027-02')).toEqual(['2026-11', '2026-12 … 2027-01', '2027-02']);
    expect(text('month', '2026-12', '2027-01')).toEqual(['2026-12', '2027-01']);
  });

  it('are none before rows without a time', () => {
    expect(text('day', '2026-02-01', null)).toEqual(['2026-02-01', 'no time']);
  });

  it('of more than forty days shows the newest, and says so', () => {
    const days = Array.from({ length: 42 }, (_, i) => dayOf(new Date(86_400_000 * i).toISOString().slice(0, 10)));
    const lines = daysText({ table: 'gold.t', column: 'c', unit: 'day', days, unfollowed: [] }, 0);
    expect(lines[1]).toBe('  … 2 days before: --json has all');
    expect(lines).toHaveLength(42);
  });
});
