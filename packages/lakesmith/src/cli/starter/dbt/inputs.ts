import { readFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { systemErrorCode } from '../../../core/platform.ts';
import { sqlTokens } from '../../../core/sql-tokens.ts';
import { headerNames } from '../../../project/reference.ts';
import { kindOf } from '../group-files.ts';
import type { DbtNode } from './manifest.ts';
import type { LeftOut } from './models.ts';
import type { TableSettings } from './settings.ts';
import { seedFiles, sourceFiles } from './settings.ts';
import type { DbtProject } from './target.ts';

/** A source or seed of dbt as a table of the project. */
export interface ImportedInput {
  readonly node: DbtNode;
  readonly table: string;
  /** Files of the dbt project, and where they go. */
  readonly copies: readonly { readonly from: string; readonly to: string }[];
  /** Files that the project needs besides its settings, by path: the rows of a seed. */
  readonly data: Readonly<Record<string, Uint8Array>>;
  readonly files: (settings: TableSettings | undefined) => Readonly<Record<string, string>>;
  readonly doubt?: string;
}

/** A seed: its CSV goes to reference/. */
export async function seedOf(dbt: DbtProject, node: DbtNode, table: string): Promise<ImportedInput | LeftOut> {
  const what = `seed ${node.name}`;
  const { delimiter = '' } = node.config;
  if (delimiter !== '' && delimiter !== ',')
    return { what, why: `its values stand between ${JSON.stringify(delimiter)}: save it with commas` };
  const places = [dbt.folder, join(dbt.folder, 'dbt_packages', node.package_name), node.root_path];
  for (const place of places) {
    const from = join(place, node.original_file_path);
    const bytes = await bytesOf(from);
    if (bytes === undefined) continue;
    const to = `${table.replace('.', '/')}.csv`;
    const header = headerNames(new TextDecoder().decode(bytes));
    const duckdb = dbt.manifest.metadata.adapter_type === 'duckdb';
    const files: ImportedInput['files'] = (settings) => seedFiles({ table, node, header, duckdb }, settings);
    return { node, table, copies: [{ from, to }], data: { [to]: bytes }, files };
  }
  return { what, why: `${node.original_file_path} is not there` };
}

/** A source: the file that dbt reads it from, else a folder that waits for one. */
export async function sourceOf(dbt: DbtProject, node: DbtNode, table: string): Promise<ImportedInput> {
  const word = table.slice(table.indexOf('.') + 1);
  const read = locationOf(node.relation_name);
  const from = read === undefined ? '' : resolve(dbt.folder, read);
  const known = read !== undefined && kindOf(read) !== undefined && (await bytesOf(from)) !== undefined;
  const pattern = `landing/${word}/*${known ? extname(from) : '.csv'}`;
  const said = read ?? node.relation_name.replaceAll('"', '');
  const comment = known
    ? 'Every file that is put here is loaded once.'
    : `dbt reads ${said}: put files of it here, or name its connection: and tables:.`;
  // Other databases have types of their own.
  const typed =
    !known && dbt.manifest.metadata.adapter_type === 'duckdb' ? node.columns.filter((one) => one.data_type !== '') : [];
  const types = Object.fromEntries(typed.map(({ name, data_type: type }) => [name, type]));
  return {
    node,
    table,
    copies: known ? [{ from, to: `landing/${word}/${basename(from)}` }] : [],
    data: {},
    files: (settings) => sourceFiles({ table, node, pattern, comment, types }, settings),
    ...(known
      ? {}
      : {
          doubt: `${table} has no rows yet: dbt reads ${said}; put files into ${pattern}, or name a connection in ${table.replace('.', '/')}.yml`,
        }),
  };
}

/** The file that a relation is, when it is one: 'data/orders.csv', or the first text of read_csv('data/orders.csv', …). */
function locationOf(relation: string): string | undefined {
  const { tokens } = sqlTokens(relation);
  if (tokens.some(({ text }) => text === '.')) return undefined;
  const text = tokens.find(({ kind }) => kind === 'text')?.text;
  return text?.slice(1, -1).replaceAll("''", "'");
}

async function bytesOf(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemErrorCode(error) ?? '')) throw error;
    return undefined;
  }
}
