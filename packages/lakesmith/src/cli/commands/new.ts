import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LakeError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import { systemErrorCode } from '../../core/platform.ts';
import { givenColumns } from '../../project/bind-tests.ts';
import { nodeProjectFiles } from '../../project/files.ts';
import { inputsOf } from '../../project/graph.ts';
import type { ProjectTable } from '../../project/model.ts';
import { parseYaml, entryOf } from '../../project/yaml.ts';
import { settingsSpan } from '../../project/settings-comment.ts';
import { prepare } from '../../run/prepare.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { schemaComment } from '../schema-comment.ts';
import { isOwnColumn } from '../../project/own-columns.ts';

export interface NewOptions extends CommonOptions {
  readonly from?: string;
}

const kinds = ['source', 'model', 'check', 'test'] as const;

/** Begins a file of the project in its right form. */
export async function newFile(what: string, name: string, options: NewOptions): Promise<number> {
  if ((await nodeProjectFiles(options.project).read('lakesmith.yml')) === undefined)
    throw new LakeError('LS1001', `There is no lakesmith.yml in ${options.project}`, {
      hint: 'go to the folder of a project, or make one: lakesmith init',
    });
  const file = await begin(what, name, options);
  if (options.json === true) printJson({ ok: true, file });
  else print(file);
  return 0;
}

async function begin(what: string, name: string, options: NewOptions): Promise<string> {
  switch (what) {
    case 'source':
      return await newSource(name, options);
    case 'model':
      return await newModel(name, options);
    case 'check':
      return await newCheck(name, options);
    case 'test':
      return await newTest(name, options);
    default: {
      const near = nearestName(what, kinds);
      const hint = near === undefined ? `there is ${kinds.join(', ')}` : `Did you mean ${near}?`;
      throw new LakeError('LS4001', `Nothing of a project is called ${what}`, { hint });
    }
  }
}

async function newSource(name: string, { project }: NewOptions): Promise<string> {
  const word = name.replace(/^bronze\./, '');
  refuseName(word, `bronze.${word}`);
  const path = `bronze/${word}.yml`;
  const comment = await schemaComment(join(project, path), 'source');
  const text = `${comment}# Every file that is put here is loaded once.\nfiles: landing/${word}/*.json\n`;
  await create(project, path, text);
  await mkdir(join(project, 'landing', word), { recursive: true });
  return path;
}

async function newModel(name: string, { project, from }: NewOptions): Promise<string> {
  const [, layer = '', word = ''] = /^(silver|gold)\.(.+)$/.exec(name) ?? [];
  if (layer === '')
    throw new LakeError(
      'LS4001',
      `${name} says no layer: write silver.${name} for cleaned rows, gold.${name} for what is asked for.`,
    );
  refuseName(word, name);
  const source = `bronze/${word}.yml`;
  const isBeside = layer === 'silver' && (await nodeProjectFiles(project).read(source)) !== undefined;
  const table = from ?? (isBeside ? `bronze.${word}` : undefined);
  const select = table === undefined ? 'select\n    1 as id' : `select *\nfrom ${table}`;
  return await create(project, `${layer}/${word}.sql`, `-- What one row of ${name} is.\n${select}\n`);
}

function refuseName(word: string, name: string): void {
  if (/^[a-z][a-z0-9_]*$/.test(word) && !word.endsWith('__changes')) return;
  throw new LakeError('LS1009', `No table can be called ${name}`, { hint: 'use lower case letters, digits and _' });
}

const checkText = 'check:\n  warn:\n    row_count: "> 0"\n';

/** Into the settings that the table has; into a file beside it when it has none. */
async function newCheck(name: string, { project }: NewOptions): Promise<string> {
  const files = nodeProjectFiles(project);
  const [, layer = '', word = ''] = /^(reference|silver|gold)\.([a-z0-9_]+)$/.exec(name) ?? [];
  const owner = (await files.list(layer || '-')).find((file) => new RegExp(`/${word}\\.(sql|csv)$`).test(file));
  if (owner === undefined)
    throw new LakeError('LS4003', `There is no ${name} to check`, {
      hint: 'name a table of reference/, silver/ or gold/',
    });
  const beside = owner.replace(/\.(sql|csv)$/, '.yml');
  const settings = decoded(await files.read(beside));
  const sql = owner.endsWith('.sql') ? decoded(await files.read(owner)) : undefined;
  const span = sql === undefined ? undefined : settingsSpan(sql);
  const body = sql === undefined || span === undefined ? '' : sql.slice(span.bodyStart, span.bodyEnd);
  for (const [file, text] of [
    [beside, settings ?? ''],
    [owner, body],
  ] as const)
    if (entryOf(parseYaml({ text, file }).value, 'check') !== undefined)
      throw new LakeError('LS4005', `${name} has checks already: add to check: in ${file}.`);
  if (settings !== undefined) {
    await writeFile(join(project, beside), `${settings.trimEnd()}\n${checkText}`);
    return beside;
  }
  if (sql === undefined || span?.closed !== true) return await create(project, beside, checkText);
  await writeFile(join(project, owner), `${sql.slice(0, span.bodyEnd)}${checkText}${sql.slice(span.bodyEnd)}`);
  return owner;
}

function decoded(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

async function newTest(name: string, options: NewOptions): Promise<string> {
  return await withWorkbench(options, async (bench) => {
    const { bound } = await prepare(bench);
    const table = bound.project.tables.get(name);
    if (table?.kind !== 'model') throw noModel(name, bound.project.tables);
    const header = (names: readonly string[]): string => (names.length === 0 ? 'column' : names.join(', '));
    const inputs = inputsOf(table).map((input) => {
      const columns = givenColumns(bound, table, input)?.map((column) => column.name) ?? [];
      return `  ${input}: |\n    ${header(columns.filter((column) => !isOwnColumn(column)))}\n`;
    });
    const made = bound.schemas.get(name)?.map((column) => column.name) ?? [];
    const text = [
      '# Rows as CSV: columns left out are null, types come from the tables.\n',
      `test: ${name}\n`,
      inputs.length === 0 ? 'given: {}\n' : `given:\n${inputs.join('')}`,
      `expect: |\n  ${header(made.filter((column) => !isOwnColumn(column)))}\n`,
    ];
    const word = name.slice(name.indexOf('.') + 1);
    return await create(options.project, `tests/${word}.test.yml`, text.join(''));
  });
}

function noModel(name: string, tables: ReadonlyMap<string, ProjectTable>): LakeError {
  const models = [...tables.values()].filter(({ kind }) => kind === 'model').map((table) => table.name);
  const near = nearestName(name, models);
  const hint = near === undefined ? 'name a table of silver/ or gold/' : `Did you mean ${near}?`;
  return new LakeError('LS4003', `There is no model ${name} to test`, { hint });
}

/** Writes a file that is not there yet. */
async function create(project: string, path: string, text: string): Promise<string> {
  const file = join(project, path);
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    throw new LakeError('LS4005', `${path} is there already, and is never written over: choose another name.`);
  }
  return path;
}
