import { formatFile, joinSettings } from '../../../project/format-file.ts';
import { yamlText } from '../model-text.ts';
import type { ImportedCheck } from './checks.ts';
import type { DbtNode } from './manifest.ts';
import type { ImportedModel } from './models.ts';
import { historySettings } from './snapshots.ts';

/** What goes into a table's settings besides what dbt says of it. */
export interface TableSettings {
  readonly checks: readonly ImportedCheck[];
  /** The columns that the table has; undefined: not known. Others are not described. */
  readonly columns: readonly string[] | undefined;
}

/** The files of a model by path. */
export function modelFiles(
  model: ImportedModel,
  settings: TableSettings | undefined,
): Readonly<Record<string, string>> {
  const path = model.table.replace('.', '/');
  const { key, check } = judged(settings?.checks ?? []);
  const all = {
    ...(settings === undefined ? {} : described(model.node)),
    ...(model.node.config.materialized === 'view' ? { kind: 'view' } : {}),
    ...key,
    ...(model.history === undefined ? {} : historySettings(model.history, settings?.columns ?? [])),
    ...(model.usesNow ? { refresh: 'full' } : {}),
    ...(settings === undefined ? {} : noted(model.node, settings.columns)),
    ...check,
  };
  const sql = `${model.sql}\n`;
  if (Object.keys(all).length === 0) return { [`${path}.sql`]: formatFile(`${path}.sql`, sql) };
  const yaml = yamlText(all);
  const joined = joinSettings({ sql, yaml }) ?? { sql, yaml };
  return {
    [`${path}.sql`]: formatFile(`${path}.sql`, joined.sql),
    ...(joined.yaml === undefined ? {} : { [`${path}.yml`]: formatFile(`${path}.yml`, joined.yaml) }),
  };
}

/** The settings beside the CSV of a seed, when there are any. */
export function seedFiles(
  {
    table,
    node,
    header,
    duckdb,
  }: {
    readonly table: string;
    readonly node: DbtNode;
    /** The columns of its CSV. */
    readonly header: readonly string[];
    readonly duckdb: boolean;
  },
  settings: TableSettings | undefined,
): Readonly<Record<string, string>> {
  // dbt takes no offence at a type of a column that is not there.
  const types = Object.fromEntries(
    Object.entries(node.config.column_types ?? {}).filter(([name]) => header.includes(name)),
  );
  const { key, check } = judged(settings?.checks ?? []);
  const all = {
    ...(settings === undefined ? {} : described(node)),
    ...key,
    // Other databases have types of their own.
    ...(duckdb && Object.keys(types).length > 0 ? { types } : {}),
    ...(settings === undefined ? {} : noted(node, settings.columns)),
    ...check,
  };
  const path = `${table.replace('.', '/')}.yml`;
  return Object.keys(all).length === 0 ? {} : { [path]: formatFile(path, yamlText(all)) };
}

/** The file of a source table that dbt reads. */
export function sourceFiles(
  source: {
    readonly table: string;
    readonly node: DbtNode;
    readonly pattern: string;
    /** A line that says where the rows are to come from. */
    readonly comment: string;
    readonly types: Readonly<Record<string, string>>;
  },
  settings: TableSettings | undefined,
): Readonly<Record<string, string>> {
  const { table, node, pattern, comment, types } = source;
  const all = {
    ...described(node),
    files: pattern,
    ...(pattern.endsWith('.tsv') ? { delimiter: '\t' } : {}),
    ...(Object.keys(types).length > 0 ? { types } : {}),
    ...(settings === undefined ? {} : noted(node, settings.columns)),
    // A key of a source promises nothing.
    ...checkBlock(settings?.checks ?? []),
  };
  const path = `${table.replace('.', '/')}.yml`;
  return { [path]: `# ${comment}\n${formatFile(path, yamlText(all))}` };
}

function described({ description, owner }: DbtNode): { readonly description?: string; readonly owner?: string } {
  return {
    ...(description.trim() === '' ? {} : { description: description.trim() }),
    ...(owner === '' ? {} : { owner }),
  };
}

function noted(node: DbtNode, columns: TableSettings['columns']): Readonly<Record<string, unknown>> {
  const known = columns?.map((name) => name.toLowerCase());
  const notes = node.columns
    .filter(({ name }) => known?.includes(name.toLowerCase()) !== false)
    .flatMap(({ name, description, tags }): [string, unknown][] => {
      const note = {
        ...(description.trim() === '' ? {} : { description: description.trim() }),
        ...(tags.length === 0 ? {} : { tags: [...new Set(tags)] }),
      };
      return Object.keys(note).length === 0 ? [] : [[name, note]];
    });
  return {
    ...(notes.length === 0 ? {} : { columns: Object.fromEntries(notes) }),
    ...(node.tags.length === 0 ? {} : { tags: [...new Set(node.tags)] }),
  };
}

/** A column that is unique and never null is the key; everything else stands under its severity. */
function judged(checks: readonly ImportedCheck[]): { readonly key: object; readonly check: object } {
  const failing = checks.filter(({ severity }) => severity === 'fail');
  const key = failing.find(
    (one) => one.kind === 'unique' && failing.some(({ kind, value }) => kind === 'not_null' && value === one.value),
  )?.value;
  const said = (one: ImportedCheck): boolean =>
    one.severity === 'fail' && one.value === key && (one.kind === 'unique' || one.kind === 'not_null');
  return { key: key === undefined ? {} : { key }, check: checkBlock(checks.filter((one) => !said(one))) };
}

function checkBlock(checks: readonly ImportedCheck[]): object {
  const bySeverity = new Map<string, Map<string, string[]>>();
  for (const one of checks) {
    const block = bySeverity.get(one.severity) ?? new Map<string, string[]>();
    block.set(one.name, [...(block.get(one.name) ?? []), one.value]);
    bySeverity.set(one.severity, block);
  }
  const check = Object.fromEntries(
    [...bySeverity].map(([severity, block]) => [
      severity,
      Object.fromEntries([...block].map(([name, values]) => [name, values.length === 1 ? values[0] : values])),
    ]),
  );
  return bySeverity.size === 0 ? {} : { check };
}
