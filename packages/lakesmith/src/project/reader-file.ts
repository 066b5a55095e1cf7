import type { SqlReader, WrittenQuery } from './model.ts';
import { entryOf, wordsAt } from './yaml.ts';
import type { YamlScalar, YamlValue } from './yaml.ts';

/** How a tile shows its query. */
export const shapes = ['number', 'line', 'bar', 'table'] as const;

/** A dashboard or an alert: its queries, and the words that they may use. */
export function readSqlReader(file: string, name: string, value: YamlValue): SqlReader {
  const titled = scalarAt(value, 'title');
  const title = titled?.value;
  const filters = entriesAt(value, 'filters');
  return {
    kind: file.startsWith('alerts/') ? 'alert' : 'dashboard',
    title: typeof title === 'string' ? title : name,
    file,
    queries: [
      ...filters.flatMap(([, filter]) => (isSelect(filter) ? [{ ...queryOf(filter, []), oneFor: 'A filter' }] : [])),
      ...itemsAt(value, 'tiles').flatMap(queriesOfTile),
      ...[scalarAt(value, 'rows')].flatMap((rows) => (rows === undefined ? [] : [queryOf(rows, wordsOfTitle(titled))])),
    ],
    // A filter of a period gives the two days it lies between.
    words: filters.flatMap(([name, filter]) => (isPeriod(filter) ? [`${name}_from`, `${name}_to`] : [name])),
  };
}

/** The columns that the title of an alert names; `{rows}` is how many rows there are. */
function wordsOfTitle(title: YamlScalar | undefined): WrittenQuery['shown'] {
  return [...String(title?.value ?? '').matchAll(/\{(\w+)\}/g)].flatMap(([, name = '']) =>
    title === undefined || name === 'rows' ? [] : [{ name, place: title.place }],
  );
}

function queriesOfTile(tile: YamlValue): readonly WrittenQuery[] {
  const shown = ['x', 'y', 'by'].flatMap((key) => wordsAt(tile, key));
  return shapes.flatMap((shape) => {
    const sql = scalarAt(tile, shape);
    if (sql === undefined) return [];
    return [{ ...queryOf(sql, shown), ...(shape === 'number' ? { oneFor: 'A number' } : {}) }];
  });
}

function queryOf(scalar: YamlScalar, shown: WrittenQuery['shown']): WrittenQuery {
  const text = String(scalar.value);
  const { block, place } = scalar;
  if (block?.isFolded === false) {
    // As its lines stand in the file, so that places in it are places there.
    const margin = ' '.repeat(block.indent);
    return { sql: text.replaceAll(/^/gm, margin), start: { line: place.line + 1, column: 1 }, file: place.file, shown };
  }
  const quotes = (place.length ?? 0) - text.length;
  const { line, column } = place;
  const isAsWritten = block === undefined && (quotes === 0 || quotes === 2);
  const start = isAsWritten ? { line, column: column + quotes / 2 } : { line, column, isMade: true as const };
  return { sql: text, start, file: place.file, shown };
}

/** 'last 90 days': a filter that is a stretch of time until today. */
export function isPeriod({ value }: YamlScalar): boolean {
  return /^\s*last\s+[1-9]\d{0,4}\s+(day|week|month|quarter|year)s?\s*$/i.test(String(value));
}

/** A filter whose values are those that a query gives. */
export function isSelect({ value }: YamlScalar): boolean {
  return /^\s*(select|with|from)\s/i.test(String(value));
}

function scalarAt(value: YamlValue, key: string): YamlScalar | undefined {
  const found = entryOf(value, key)?.value;
  return found?.kind === 'scalar' ? found : undefined;
}

function entriesAt(value: YamlValue, key: string): readonly (readonly [string, YamlScalar])[] {
  const found = entryOf(value, key)?.value;
  const entries = found?.kind === 'map' ? [...found.entries] : [];
  return entries.flatMap(([name, entry]) => (entry.value.kind === 'scalar' ? [[name, entry.value] as const] : []));
}

function itemsAt(value: YamlValue, key: string): readonly YamlValue[] {
  const found = entryOf(value, key)?.value;
  return found?.kind === 'list' ? found.items : [];
}
