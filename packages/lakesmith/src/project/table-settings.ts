import type { Column } from '../core/schema.ts';
import { LakeError } from '../core/errors.ts';
import type { Diagnostic, Place } from '../core/errors.ts';
import { parseUserType } from '../core/type-policy.ts';
import type { Layer, NamedColumn, ProjectTable } from './model.ts';
import { columnHint, untoldHint } from './untold-columns.ts';
import type { Untold } from './untold-columns.ts';
import { entryOf } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

/** A name or a list of names as a list. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** The `columns:` block as the model has it. */
export function columnNotesOf(
  columns: Readonly<Record<string, { description?: string | undefined; tags?: string[] | undefined }>> | undefined,
): ProjectTable['columnNotes'] {
  return new Map(
    Object.entries(columns ?? {}).map(([name, note]) => [
      name,
      { tags: note.tags ?? [], ...(note.description === undefined ? {} : { description: note.description }) },
    ]),
  );
}

/** The `types:` block of `settings`, parsed; what is no type is found at its place. */
export function readTypes(
  settings: YamlValue | undefined,
  diagnostics: Diagnostic[],
): ReadonlyMap<string, Column['type']> {
  const types = new Map<string, Column['type']>();
  const block = entryOf(settings, 'types')?.value;
  for (const [column, entry] of block?.kind === 'map' ? block.entries : []) {
    if (entry.value.kind !== 'scalar' || typeof entry.value.value !== 'string') continue;
    try {
      types.set(column, parseUserType(entry.value.value));
    } catch (error) {
      if (!(error instanceof LakeError)) throw error;
      const [what = error.message, ...next] = error.message.split(': ');
      const hint = error.diagnostics[0]?.hint ?? next.join(': ');
      diagnostics.push({ code: error.code, message: what, place: entry.value.place, hint });
    }
  }
  return types;
}

/** Where the settings of a table name columns: as values (`key: [a, b]`) or as keys of a block (`columns:`, `types:`). */
export function namedColumns(
  settings: YamlValue | undefined,
  inSettings: { readonly values?: readonly string[]; readonly blocks?: readonly string[] },
): readonly NamedColumn[] {
  const values = (inSettings.values ?? []).flatMap((setting) => {
    const value = entryOf(settings, setting)?.value;
    const items = value?.kind === 'list' ? value.items : value === undefined ? [] : [value];
    return items.flatMap((item) =>
      item.kind === 'scalar' ? [{ setting, column: String(item.value), place: item.place }] : [],
    );
  });
  const blocks = (inSettings.blocks ?? []).flatMap((setting) => {
    const block = entryOf(settings, setting)?.value;
    return block?.kind === 'map'
      ? [...block.entries].map(([column, entry]) => ({ setting, column, place: entry.key }))
      : [];
  });
  return [...values, ...blocks];
}

/** A table's name from its file's, or a finding: lower case letters, digits and underscores, a letter first. */
export function tableName(
  layer: Layer,
  word: string,
  place: Place,
): { name: string; diagnostics: readonly Diagnostic[] } {
  const name = `${layer}.${word}`;
  if (/^[a-z][a-z0-9_]*$/.test(word) && !word.endsWith('__changes')) return { name, diagnostics: [] };
  const better = word
    .toLowerCase()
    .replace(/__changes$/, '_log')
    .replace(/[^a-z0-9_]+/g, '_')
    .replace(/^[^a-z]+/, '');
  const hint = `use lower case letters, digits and _${better === '' ? '' : `: ${better}`}`;
  const message = word.endsWith('__changes')
    ? `No table can be called ${name}: names that end in __changes are kept for change logs`
    : `No table can be called ${name}`;
  return { name, diagnostics: [{ code: 'LS1009', message, place, hint }] };
}

/** A finding for each column that settings name and the table does not have. */
export function missingColumns(
  table: Pick<ProjectTable, 'name' | 'namedColumns'>,
  columns: readonly string[],
  untold?: Untold,
): readonly Diagnostic[] {
  return table.namedColumns
    .filter(({ column }) => !columns.includes(column))
    .map(({ setting, column, place }) => ({
      code: 'LS1106' as const,
      message: `"${setting}" of ${table.name} names column ${column}, which the table does not have`,
      place,
      hint: untoldHint(untold, [table.name], column) ?? columnHint(table.name, columns, column),
    }));
}
