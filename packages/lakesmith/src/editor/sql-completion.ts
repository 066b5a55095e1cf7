import { renderType } from '../core/render-type.ts';
import { quoteName } from '../core/sql-text.ts';
import type { Catalog } from './catalog.ts';
import { kinds } from './completion-item.ts';
import type { CompletionItem } from './completion-item.ts';
import { SqlView } from './sql-view.ts';

/** What can be typed at an offset of a model's SQL: tables after FROM and JOIN, else columns in scope. */
export function completeSql(sql: string, offset: number, catalog: Catalog): readonly CompletionItem[] {
  const view = new SqlView(sql, catalog);
  const wish = view.wishAt(offset);
  if (wish.kind === 'nothing') return [];
  if (wish.kind === 'column') return columnItems(view, offset, wish.relation);
  if (wish.schema !== undefined) {
    const schema = wish.schema.toLowerCase();
    return tableItems(catalog)
      .filter(({ label }) => label.startsWith(`${schema}.`))
      .map((item) => ({
        ...item,
        insertText: item.label.slice(schema.length + 1),
        filterText: item.label.slice(schema.length + 1),
      }));
  }
  const ctes = view.ctesAt(offset).map(({ name }) => ({ label: name, kind: kinds.variable, detail: 'with' }));
  return [...ctes, ...tableItems(catalog)];
}

/** Every table of the project. */
export function tableItems(catalog: Catalog): readonly CompletionItem[] {
  return catalog.tables().map((table) => ({
    label: table.name,
    kind: kinds.class,
    detail: table.kind === 'model' ? 'model' : table.kind,
    ...(table.description === undefined ? {} : { documentation: table.description }),
  }));
}

/** The columns of a table, as words of SQL. */
export function tableColumns(catalog: Catalog, table: string): readonly CompletionItem[] {
  return catalog.columns(table).map(({ name, type }) => ({
    label: name,
    kind: kinds.field,
    ...(type === undefined ? {} : { detail: renderType(type) }),
    ...(catalog.table(table)?.columnNotes.get(name)?.description === undefined
      ? {}
      : { documentation: catalog.table(table)?.columnNotes.get(name)?.description ?? '' }),
  }));
}

function columnItems(view: SqlView, offset: number, relation: string | undefined): readonly CompletionItem[] {
  const seen = new Set<string>();
  const columns = view.columnsAt(offset, relation).flatMap(({ column: { name, type }, relation: from }) => {
    if (seen.has(name.toLowerCase())) return [];
    seen.add(name.toLowerCase());
    const detail = [type === undefined ? '' : renderType(type), from].filter((text) => text !== '').join(' · ');
    const insertText = /^[a-z_][a-z0-9_]*$/i.test(name) ? {} : { insertText: quoteName(name) };
    return [{ label: name, kind: kinds.field, detail, ...insertText }];
  });
  if (relation !== undefined) return columns;
  const aliases = view.aliasesAt(offset).filter((alias) => !seen.has(alias.toLowerCase()));
  return [...columns, ...aliases.map((label) => ({ label, kind: kinds.variable, detail: 'from' }))];
}
