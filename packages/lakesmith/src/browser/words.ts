import type { OverviewData } from '../site/catalogue.ts';

/** '1,041'. */
export function number(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** '1 table', '3 tables'. */
export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** '48 kB', as everywhere in Lakesmith. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [size, unit] = [value, 0];
  while (size >= 999.5 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${units[unit] ?? ''}`;
}

/** '2026-03-10 22:00 UTC'. */
export function moment(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** '3 days ago', by the reader's clock. */
export function ago(iso: string, nowMs: number): string {
  const minutes = Math.round((nowMs - Date.parse(iso)) / 60_000);
  if (Number.isNaN(minutes) || minutes < 0) return '';
  for (const [unit, size] of [
    ['day', 1440],
    ['hour', 60],
    ['minute', 1],
  ] as const)
    if (minutes >= size) return `${count(Math.floor(minutes / size), unit)} ago`;
  return 'just now';
}

/** 'orders' of 'silver.orders'. */
export function shortName(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}

export const layers: readonly string[] = ['reference', 'bronze', 'silver', 'gold'];

/** Tables by layer in the order of the data's way, then by name; as their places in the list. */
export function byLayer({ tables }: OverviewData): ReadonlyMap<string, readonly number[]> {
  const all = new Map<string, number[]>(layers.map((layer) => [layer, []]));
  tables.forEach(({ layer }, i) => {
    const found = all.get(layer) ?? [];
    found.push(i);
    all.set(layer, found);
  });
  const nameOf = (i: number): string => tables[i]?.name ?? '';
  for (const found of all.values()) found.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return new Map([...all].filter(([, found]) => found.length > 0));
}
