import type { ProjectFiles } from '../project/files.ts';
import type { ProjectTable } from '../project/model.ts';
import type { Catalog } from './catalog.ts';
import { uriOf } from './documents.ts';
import { partAt } from './file-part.ts';
import { SqlView } from './sql-view.ts';
import type { Range } from './text.ts';
import { rangeOf } from './text.ts';

export interface Location {
  readonly uri: string;
  readonly range: Range;
}

/** Where a table is defined: where its SQL begins, or its file. */
export async function tableLocation(table: ProjectTable, files: ProjectFiles): Promise<Location> {
  const text = await textOf(table.file, files);
  const part = partAt(table.file, text, text.length);
  const start = table.kind === 'model' && part.kind === 'sql' ? part.start + part.sql.search(/\S|$/) : 0;
  return { uri: uriOf(files.folder, table.file), range: rangeOf(text, start, start) };
}

/** Where a column is made: the expression in the model, else where the settings name it, else the table. */
export async function columnLocation(
  table: ProjectTable,
  column: string,
  { files, catalog }: { readonly files: ProjectFiles; readonly catalog: Catalog },
): Promise<Location> {
  const text = await textOf(table.file, files);
  const uri = uriOf(files.folder, table.file);
  const part = partAt(table.file, text, text.length);
  if (table.kind === 'model' && part.kind === 'sql') {
    const item = new SqlView(part.sql, catalog).outputItem(column);
    if (item !== undefined) return { uri, range: rangeOf(text, part.start + item.start, part.start + item.end) };
  }
  if (table.kind === 'reference') {
    const csv = await textOf(table.csv, files);
    const at = (csv.split('\n')[0] ?? '').indexOf(column);
    if (at >= 0) return { uri: uriOf(files.folder, table.csv), range: rangeOf(csv, at, at + column.length) };
  }
  const place =
    (table.kind === 'model' ? undefined : table.kind === 'source' ? table.typePlaces.get(column) : undefined) ??
    table.namedColumns.find((named) => named.column === column)?.place;
  if (place === undefined) return await tableLocation(table, files);
  const start = { line: place.line - 1, character: place.column - 1 };
  const end = { line: start.line, character: start.character + (place.length ?? column.length) };
  return { uri: uriOf(files.folder, place.file), range: { start, end } };
}

async function textOf(path: string, files: ProjectFiles): Promise<string> {
  return new TextDecoder().decode(await files.read(path));
}
