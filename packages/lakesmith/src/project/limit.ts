/** How many rows may break a rule before its table fails: so many, or so many of a hundred of the rows that were judged. */
export interface Limit {
  readonly most: number;
  readonly unit: 'rows' | 'percent';
}

/** '5 %', '0.1%', '20', '20 rows'; undefined for anything else. */
export function parseLimit(text: string): Limit | undefined {
  const [, digits, unit = ''] = /^(\d[\d_]*(?:\.\d+)?)\s*(%|rows?)?$/.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  const most = Number(digits.replaceAll('_', ''));
  if (unit === '%') return most <= 100 ? { most, unit: 'percent' } : undefined;
  return Number.isInteger(most) ? { most, unit: 'rows' } : undefined;
}

/** True when more rows than the limit allows are broken, of all that were judged. */
export function isBeyond({ most, unit }: Limit, broken: number, judged: number): boolean {
  return unit === 'rows' ? broken > most : broken * 100 > most * judged;
}

/** '5 %', '20 rows'. */
export function limitText({ most, unit }: Limit): string {
  return unit === 'percent' ? `${most} %` : `${most} ${most === 1 ? 'row' : 'rows'}`;
}
