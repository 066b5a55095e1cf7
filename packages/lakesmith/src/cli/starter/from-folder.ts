import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LakeError } from '../../core/errors.ts';
import { count } from '../../core/quantity.ts';
import type { Column } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import { openDuckDb } from '../../engine/duckdb/engine.ts';
import type { Engine, Relation, TextFormat } from '../../engine/engine.ts';
import { groupByForm } from '../../engine/text-forms.ts';
import { nodeProjectFiles } from '../../project/files.ts';
import { readRows } from '../../run/read-rows.ts';
import { sourceRelations } from '../../run/source-relations.ts';
import { writtenColumns } from '../describe-file.ts';
import { schemaComment } from '../schema-comment.ts';
import type { FileGroup } from './group-files.ts';
import { groupFiles, kindOf } from './group-files.ts';
import type { Reference } from './model-text.ts';
import { modelText } from './model-text.ts';
import type { TableProfile } from './profile.ts';
import { profileModel, singulars } from './profile.ts';

/** A source as it was found. */
interface Found {
  readonly group: FileGroup;
  readonly delimiter: string | undefined;
  readonly sql: string;
  readonly relations: readonly Relation[];
  readonly profile: TableProfile;
}

/** What became of a folder of files. */
export interface FolderMade {
  readonly sources: number;
  readonly models: number;
  /** What could not be told for sure, or was left out. */
  readonly unsure: readonly string[];
}

/** Writes a source for each group of files in a folder, and a silver model of what holds for all of their rows. */
export async function fromFolder(folder: string, from: string): Promise<FolderMade> {
  const listed = (await nodeProjectFiles(from).list('.')).map((file) => file.replace(/^\.\//, ''));
  const groups = groupFiles(listed.filter((file) => kindOf(file) !== undefined));
  if (groups.length === 0)
    throw new LakeError('LS1302', `${from} has no file of a format that is known: .csv, .json, .ndjson.`);
  const unsure = listed
    .filter((file) => kindOf(file) === undefined)
    .map((file) => `${file} was left out: it is not CSV, JSON or NDJSON`);
  const engine = await openDuckDb({});
  try {
    const found: Found[] = [];
    for (const group of groups) {
      await copyFiles(folder, from, group);
      const one = await lookAt(engine, folder, group, unsure);
      await writeSource(folder, group, one?.delimiter ?? (await delimiterOf(folder, group)));
      if (one !== undefined) found.push(one);
    }
    for (const one of found) await writeModel(folder, one, await referencesOf(engine, one, found));
    unsure.push(...found.flatMap(doubtsOf));
    await writeFile(join(folder, 'README.md'), readme(basename(folder), found, unsure));
    return { sources: groups.length, models: found.length, unsure };
  } finally {
    await engine.close();
  }
}

async function copyFiles(folder: string, from: string, group: FileGroup): Promise<void> {
  for (const file of group.files) {
    const to = join(folder, 'landing', group.name, basename(file));
    await mkdir(join(folder, 'landing', group.name), { recursive: true });
    await cp(join(from, file), to, { errorOnExist: true });
  }
}

/** Undefined for files without a column that has a value: nothing can be selected of them yet. */
async function lookAt(engine: Engine, folder: string, group: FileGroup, unsure: string[]): Promise<Found | undefined> {
  const delimiter = await delimiterOf(folder, group);
  const format: TextFormat =
    group.kind === 'csv'
      ? { type: 'csv', header: true, ...(delimiter === undefined ? {} : { delimiter }) }
      : { type: group.kind };
  const locations = group.files.map((file) => join(folder, 'landing', group.name, basename(file)));
  const inferred = await engine.infer({ format, locations, timezone: 'UTC' });
  const known = inferred.filter(({ valueless }) => valueless !== true);
  for (const { name, valueless } of inferred)
    if (valueless === true) unsure.push(`column ${name} of ${group.name} has no value in any row, so it was left out`);
  if (known.length === 0) {
    unsure.push(`${group.name} has no rows yet, so no model was written of it`);
    return undefined;
  }
  const columns: readonly Column[] = known.map(({ name, type }) => ({ name, type }));
  const source = `bronze.${group.name}`;
  const files = locations.map((location) => ({ location, label: basename(location) }));
  const relations = sourceRelations(source, columns, await groupByForm(format, files));
  const written = await writtenColumns(engine, columns);
  const items = written.map(({ sql, name, type }) =>
    type === 'string' ? `trim(${sql}) as ${name}` : sql === name ? sql : `${sql} as ${name}`,
  );
  const sql = `select\n${items.map((item) => `    ${item}`).join(',\n')}\nfrom ${source}`;
  const made = written.map(({ name, type }) => ({ name: name.replace(/^"(.*)"$/, '$1'), type }));
  const profile = await profileModel(engine, { table: group.name, sql, columns: made, relations });
  return { group, delimiter, sql, relations, profile };
}

/** What stands between the values of a CSV, when it is no comma. */
async function delimiterOf(folder: string, group: FileGroup): Promise<string | undefined> {
  if (group.kind !== 'csv') return undefined;
  if (group.ending.toLowerCase() === '.tsv') return '\t';
  const file = join(folder, 'landing', group.name, basename(group.files[0] ?? ''));
  const [header = ''] = (await readFile(file, 'utf8')).split('\n');
  return header.includes(',') ? undefined : [';', '\t', '|'].find((sign) => header.includes(sign));
}

async function writeSource(folder: string, group: FileGroup, delimiter: string | undefined): Promise<void> {
  const file = join(folder, 'bronze', `${group.name}.yml`);
  const lines = [
    '# Every file that is put here is loaded once.',
    `files: landing/${group.name}/*${group.ending}`,
    ...(delimiter === undefined ? [] : [`delimiter: ${JSON.stringify(delimiter)}`]),
  ];
  await writeFile(file, `${await schemaComment(file, 'source')}${lines.join('\n')}\n`);
}

async function writeModel(
  folder: string,
  { group, sql, profile }: Found,
  references: readonly Reference[],
): Promise<void> {
  await writeFile(join(folder, 'silver', `${group.name}.sql`), modelText(group.name, sql, { profile, references }));
}

/** Columns that are called like the key of another table, and of which every value is there. */
async function referencesOf(engine: Engine, one: Found, all: readonly Found[]): Promise<readonly Reference[]> {
  const references: Reference[] = [];
  for (const other of all) {
    const [key, ...more] = other.profile.key;
    if (other === one || key === undefined || more.length > 0) continue;
    const names = singulars(other.group.name).flatMap((word) => [`${word}_${key}`, key === `${word}_id` ? key : '']);
    const keyType = other.profile.columns.find(({ name }) => name === key)?.type;
    for (const { name, type, present } of one.profile.columns) {
      if (!names.includes(name) && !(name === key && key !== 'id')) continue;
      if (type !== keyType || present === 0 || one.profile.key.join() === name) continue;
      const column = quoteName(name);
      const sql = `select count(*) from (${one.sql}) as a where ${column} is not null and ${column} not in (select ${quoteName(key)} from (${other.sql}) as b)`;
      const { rows } = await readRows(engine, {
        sql,
        relations: [...one.relations, ...other.relations],
        timezone: 'UTC',
      });
      if (Number(rows[0]?.[0]) === 0)
        references.push({ column: name, table: `silver.${other.group.name}`, toColumn: key });
    }
  }
  return references;
}

function doubtsOf({ group, profile: { key, otherKeys, rows } }: Found): readonly string[] {
  const others =
    otherKeys.length === 0 ? '' : `; ${otherKeys.join(', ')} ${otherKeys.length === 1 ? 'is' : 'are'} unique too`;
  if (key.length === 0) return [`silver.${group.name} has no key: nothing that is called like one is unique${others}`];
  const few = rows < 20 ? `, which only ${count(rows, 'row')} ${rows === 1 ? 'tells' : 'tell'}` : '';
  return few === '' && others === '' ? [] : [`silver.${group.name} has the key ${key.join(', ')}${few}${others}`];
}

function readme(name: string, found: readonly Found[], unsure: readonly string[]): string {
  const rows = found.map(
    ({ group, profile }) =>
      `| bronze.${group.name} | ${group.files.length} | ${profile.rows} | silver.${group.name} | ${profile.key.join(', ') || 'none found'} |`,
  );
  return [
    `# ${name}`,
    '',
    'Written by `lakesmith init` from the files in `landing/`; all of it is yours to change.',
    '',
    '| source | files | rows | model | key |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    'The rules in `silver/` are true of every row that there was, and only warn. Once you know that one must hold, move it from `warn` to',
    '`quarantine` or `fail`.',
    '',
    ...(unsure.length === 0 ? [] : ['Look at these:', '', ...unsure.map((doubt) => `- ${doubt}`), '']),
    'Next: `npx lakesmith run`, then a model of your own in `gold/`.',
    '',
  ].join('\n');
}
