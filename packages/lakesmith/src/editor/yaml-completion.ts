import { inputsOf, readsOf } from '../project/graph.ts';
import type { Catalog } from './catalog.ts';
import { kinds } from './completion-item.ts';
import type { CompletionItem } from './completion-item.ts';
import type { FileRole } from './file-part.ts';
import { keysAt, wordsAt } from './schema-walk.ts';
import { tableColumns, tableItems } from './sql-completion.ts';
import type { YamlCursor } from './yaml-cursor.ts';

export interface YamlPlace {
  readonly role: FileRole;
  readonly cursor: YamlCursor;
  readonly schema: unknown;
  /** The model that the file tests. */
  readonly tested: string | undefined;
}

const checkKinds: Readonly<Record<string, string>> = {
  unique: 'a column, or a list of columns that are unique together',
  not_null: 'a column, or a list of columns',
  accepted: "status in ('open', 'closed')",
  range: 'amount between 0 and 100',
  pattern: "email like '%@%'",
  references: 'column -> silver.table.column',
  row_count: '> 0, between 1 and 500, or within 30% of last week',
  fresh: 'column within 2 days',
};

/** What can be typed at a place of a YAML file: keys by its schema, tables and columns by the project. */
export function completeYaml(place: YamlPlace, catalog: Catalog | undefined): readonly CompletionItem[] {
  const { cursor, schema } = place;
  const path =
    cursor.key === undefined
      ? cursor.path
      : [...cursor.path, cursor.key].filter((key, i, all) => !(key === '-' && all[i - 1] === '-'));
  const words = cursor.key === undefined ? [] : wordsAt(schema, path);
  const values = words.map((label) => ({ label, kind: kinds.value }));
  const known = catalog === undefined ? [] : namesAt(place, path, catalog);
  if (cursor.key !== undefined && cursor.key !== '-') return [...values, ...known];
  const keys = keysAt(schema, path)
    .filter(({ name }) => !cursor.siblings.has(name))
    .map(({ name, description, opens }) => ({
      label: name,
      kind: kinds.property,
      insertText: opens ? `${name}:` : `${name}: `,
      ...(description === undefined ? {} : { documentation: description }),
    }));
  return [...keys, ...values, ...known];
}

/** The table that a place speaks of. */
export function tableAt({ role, tested }: YamlPlace, path: readonly string[]): string | undefined {
  if (role.schema === 'source' && path[0] === 'tables' && path[1] !== undefined)
    return `bronze.${path[1].slice(path[1].lastIndexOf('.') + 1)}`;
  return role.schema === 'test' ? tested : role.table;
}

const columnSettings = /^(key|track|valid_from|first_valid_from)$/;

function namesAt(place: YamlPlace, path: readonly string[], catalog: Catalog): readonly CompletionItem[] {
  const { role, cursor } = place;
  const table = tableAt(place, path);
  const columns = table === undefined ? [] : tableColumns(catalog, table);
  const all = path.filter((key) => key !== '-');
  const isOfSeveral = role.schema === 'source' && all[0] === 'tables';
  const names = isOfSeveral ? all.slice(2) : all;
  const [first = '', second] = names;
  const isKey = cursor.key === undefined;
  const asKeys = (items: readonly CompletionItem[], after: string): readonly CompletionItem[] =>
    items
      .filter(({ label }) => !cursor.siblings.has(label))
      .map((item) => ({ ...item, insertText: `${item.label}:${after}` }));
  if (isKey && names.at(-1) === 'columns') return asKeys(columns, '');
  if (isKey && names.at(-1) === 'types') return asKeys(columns, ' ');
  if (isKey && first === 'given') return asKeys(inputsFirst(catalog, place.tested), ' |');
  if (isKey && first === 'check' && names.length === 2)
    return Object.entries(checkKinds).map(([label, documentation]) => ({
      label,
      kind: kinds.property,
      documentation,
      insertText: `${label}: `,
    }));
  if (isKey && role.schema === 'publication' && first === 'tables') return asKeys(tableItems(catalog), ' ');
  if (isKey) return [];
  if (columnSettings.test(names.at(-1) ?? '')) return columns;
  if (first === 'test' && role.schema === 'test') return tableItems(catalog).filter(({ detail }) => detail === 'model');
  if (first === 'connection' || (first === 'to' && role.schema === 'publication'))
    return catalog.connections().map((label) => ({ label, kind: kinds.value }));
  if (role.schema === 'job' && (first === 'run' || first === 'when')) return tableItems(catalog);
  if (first === 'check' && /->\s*[\w.]*$/.test(cursor.value)) return referenceItems(cursor, catalog);
  if ((first === 'expect' || first === 'check') && role.schema !== 'test' && second !== undefined) return columns;
  return [];
}

/** After an arrow: tables, and the columns of one that is named already. */
function referenceItems(cursor: YamlCursor, catalog: Catalog): readonly CompletionItem[] {
  const written = /->\s*(\w+\.\w+)\.\(?\w*$/.exec(cursor.value)?.[1];
  return written === undefined ? tableItems(catalog) : tableColumns(catalog, written);
}

function inputsFirst(catalog: Catalog, tested: string | undefined): readonly CompletionItem[] {
  const table = tested === undefined ? undefined : catalog.table(tested);
  const inputs = table?.kind === 'model' ? [...new Set([...inputsOf(table), ...readsOf(table)])] : [];
  const items = tableItems(catalog);
  return inputs.length === 0 ? items : items.filter(({ label }) => inputs.includes(label));
}
