import { renderType } from '../core/render-type.ts';
import type { Column } from '../core/schema.ts';
import { ColumnTags } from '../project/column-tags.ts';
import { ProjectLineage } from '../project/lineage.ts';
import type { BoundProject } from '../project/model.ts';
import type { ColumnUse } from '../sql/lineage.ts';
import { firstSentence } from './first-sentence.ts';
import type { ColumnLine, ColumnRef, ColumnsData } from './catalogue.ts';

/** A table with the columns that are shown. */
export interface ShownTable {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
}

/** The columns of all tables, and which comes from which. What is known of columns is the project's; their types are the release's. */
export function columnLines(bound: BoundProject, tables: readonly ShownTable[]): ColumnsData {
  const lineage = new ProjectLineage(bound);
  const tags = new ColumnTags(bound);
  const places = new Map(
    tables.map(({ name, columns }, table) => [
      name,
      { table, columns: new Map(columns.map((column, i) => [column.name.toLowerCase(), i])) },
    ]),
  );
  const refOf = ({ table, column }: ColumnUse): ColumnRef | undefined => {
    const place = places.get(table);
    // Of a field of a column, the column is shown.
    const at = place?.columns.get(column.toLowerCase()) ?? place?.columns.get(topOf(column).toLowerCase());
    return place === undefined || at === undefined ? undefined : [place.table, at];
  };
  const refsOf = (uses: readonly ColumnUse[]): readonly ColumnRef[] => {
    const refs = uses.flatMap((use) => {
      const ref = refOf(use);
      return ref === undefined ? [] : [ref];
    });
    return [...new Map(refs.map((ref) => [ref.join(' '), ref])).values()];
  };
  const lineOf = ({ name: table, key }: ShownTable, { name, type }: Column): ColumnLine => {
    const origin = lineage.table(table)?.columns.find((one) => one.name.toLowerCase() === name.toLowerCase());
    const from = refsOf(origin?.from ?? []);
    const note = bound.project.tables.get(table)?.columnNotes.get(name);
    const tagged = tags.of(table, name).map((one) => {
      const of = one.from.table === table && one.from.column === name ? undefined : refOf(one.from);
      return { tag: one.tag, ...(of === undefined ? {} : { from: of }) };
    });
    return {
      name,
      type: renderType(type),
      ...(key.includes(name) ? { isKey: true } : {}),
      ...(note?.description === undefined ? {} : { about: note.description }),
      ...(tagged.length === 0 ? {} : { tags: tagged }),
      ...(from.length === 0 ? {} : { from }),
      ...(origin?.same === true && from.length > 0 ? { same: true } : {}),
    };
  };
  return {
    tables: tables.map((table) => ({
      columns: table.columns.map((column) => lineOf(table, column)),
      rowsBy: refsOf(lineage.table(table.name)?.rows ?? []),
      ...moreOf(bound.project.tables.get(table.name)?.description),
    })),
  };
}

function moreOf(description = ''): { readonly more?: string } {
  const { more } = firstSentence(description);
  return more === '' ? {} : { more };
}

/** 'address' of 'address.city'. */
function topOf(column: string): string {
  return column.split('.', 1)[0] ?? column;
}
