import type { ColumnsData, OverviewData } from '../site/catalogue.ts';

/** Something that can be found. */
export interface Found {
  readonly kind: 'table' | 'column' | 'publication' | 'dashboard' | 'alert';
  readonly name: string;
  readonly about: string;
  /** The table that it is, or is in; of what reads tables, the first. */
  readonly table: number | undefined;
  /** The column's place in the table. */
  readonly column?: number;
}

interface Entry extends Found {
  /** Its own name, in small letters. */
  readonly word: string;
  /** All that is searched, in small letters. */
  readonly all: string;
}

export type SearchIndex = readonly Entry[];

/** Everything that can be found; without columns as long as they are not loaded. */
export function searchIndex(overview: OverviewData, columns?: ColumnsData): SearchIndex {
  const entry = (found: Found, word: string, more: readonly string[]): Entry => ({
    ...found,
    word: word.toLowerCase(),
    all: [found.name, found.about, ...more].join(' ').toLowerCase(),
  });
  const tables = overview.tables.map(({ name, about, tags, owner = '' }, table) =>
    entry({ kind: 'table', name, about, table }, name.slice(name.indexOf('.') + 1), [
      ...tags,
      owner,
      columns?.tables[table]?.more ?? '',
    ]),
  );
  const inTables = (columns?.tables ?? []).flatMap((one, table) =>
    one.columns.map((column, i) =>
      entry(
        {
          kind: 'column',
          name: `${overview.tables[table]?.name ?? ''}.${column.name}`,
          about: column.about ?? '',
          table,
          column: i,
        },
        column.name,
        (column.tags ?? []).map(({ tag }) => tag),
      ),
    ),
  );
  const readers = overview.readers.map(({ kind, title, tables: read, file }) =>
    entry({ kind, name: title, about: file, table: read[0] }, title, []),
  );
  return [...tables, ...readers, ...inTables];
}

/** What has every word of a question, the likeliest first. */
export function search(index: SearchIndex, question: string, most: number): readonly Found[] {
  const words = question.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return index
    .flatMap((entry) => {
      const points = words.map((word) => pointsOf(entry, word));
      return points.includes(0) ? [] : [{ entry, points: points.reduce((sum, one) => sum + one, 0) }];
    })
    .sort((a, b) => b.points - a.points || a.entry.name.length - b.entry.name.length)
    .slice(0, most)
    .map(({ entry }) => entry);
}

/** How well a word fits: as the name, at its beginning, at the beginning of a part of it, within it, in what is said of it. */
function pointsOf({ word, name, all, kind }: Entry, asked: string): number {
  if (!all.includes(asked)) return 0;
  const isTable = kind === 'table' ? 5 : 0;
  if (word === asked || name.toLowerCase() === asked) return 100 + isTable;
  if (word.startsWith(asked) || name.toLowerCase().startsWith(asked)) return 60 + isTable;
  if (word.includes(`_${asked}`)) return 40 + isTable;
  return (word.includes(asked) ? 25 : 5) + isTable;
}
