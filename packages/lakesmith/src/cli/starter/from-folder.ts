import { basename, join } from 'node:path';
import { LakeError } from '../../core/errors.ts';
import { count } from '../../core/quantity.ts';
import type { Column } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import { openDuckDb } from '../../engine/duckdb/engine.ts';
import type { Engine, Relation } from '../../engine/engine.ts';
import { groupByForm } from '../../engine/text-forms.ts';
import { readRows } from '../../run/read-rows.ts';
import { sourceRelations } from '../../run/source-relations.ts';
import { writtenColumns } from '../describe-file.ts';
import { schemaComment } from '../schema-comment.ts';
import { findDataFiles } from './data-files.ts';
import type { AlikeFiles, FileGroup } from './group-files.ts';
import { alikeFiles, sourcesOf } from './group-files.ts';
import type { Look } from './look-at-files.ts';
import { lookAtFiles, whyNot } from './look-at-files.ts';
import type { Reference } from './model-text.ts';
import { modelText } from './model-text.ts';
import type { NewProject } from './new-project.ts';
import type { TableProfile } from './profile.ts';
import { profileModel, singulars } from './profile.ts';

/** A source as it was found. */
interface Found {
  readonly group: FileGroup;
  readonly look: Look;
  /** Undefined for files without a column that has a value: nothing can be selected of them yet. */
  readonly model: FoundModel | undefined;
}

interface FoundModel {
  readonly group: FileGroup;
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

/**
 * What a project that begins with the files of a folder consists of: a source for each group of files, and a silver model
 * of what holds for all of their rows. Nothing is written before all files were understood.
 */
export async function fromFolder(project: NewProject, from: string): Promise<FolderMade> {
  const engine = await openDuckDb({});
  try {
    const { found, unsure } = await understand(engine, from);
    const models = found.flatMap(({ model }) => model ?? []);
    const texts = new Map<string, string>();
    for (const model of models) {
      const references = await referencesOf(engine, model, models);
      texts.set(`silver/${model.group.name}.sql`, modelText(model.group.name, model.sql, { ...model, references }));
    }
    const doubts = [...unsure, ...found.flatMap(doubtsOf)];
    texts.set('README.md', readme(basename(project.folder), models, doubts));
    for (const one of found) await writeSource(project, from, one);
    for (const [path, text] of texts) await project.write(path, text);
    return { sources: found.length, models: models.length, unsure: doubts };
  } finally {
    await engine.close();
  }
}

/** Reads all files of a folder; those that cannot be understood are told in one error. */
async function understand(
  engine: Engine,
  from: string,
): Promise<{ readonly found: readonly Found[]; readonly unsure: readonly string[] }> {
  const { files, leftOut, problems: unreadable } = await findDataFiles(from);
  if (files.length === 0 && unreadable.length === 0)
    throw new LakeError('LS1302', `${from} has no file of a format that is known: .csv, .json, .ndjson.`, {
      ...(leftOut.length === 0 ? {} : { hint: leftOut.join('; ') }),
    });
  const problems = [...unreadable];
  const tried = async <T>(files: Omit<AlikeFiles, 'word'>, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      problems.push(...(await whyNot(engine, from, files, error)));
      return undefined;
    }
  };
  const looks = new Map<string, Look>();
  const alike: AlikeFiles[] = [];
  for (const one of alikeFiles(files)) {
    const look = await tried(one, () => lookAtFiles(engine, from, one));
    if (look === undefined) continue;
    looks.set(one.files.join('\n'), look);
    alike.push(one);
  }
  const { groups, said } = sourcesOf(alike, ({ files: of }) => columnNames(looks.get(of.join('\n'))));
  const found: Found[] = [];
  for (const group of groups) {
    const one = await tried(group, async (): Promise<Found> => {
      const look = looks.get(group.files.join('\n')) ?? (await lookAtFiles(engine, from, group));
      return { group, look, model: await modelOf(engine, from, { group, look }) };
    });
    if (one !== undefined) found.push(one);
  }
  refuse(problems);
  return { found, unsure: [...leftOut, ...said] };
}

/** The names of columns, in a form that can be compared. */
function columnNames(look: Look | undefined): string {
  return JSON.stringify(look?.columns.map(({ name }) => name.toLowerCase()).sort());
}

function refuse(problems: readonly LakeError[]): void {
  const [first, ...others] = problems;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const diagnostics = problems.flatMap((problem) => problem.diagnostics);
  throw new LakeError(first.code, `${count(problems.length, 'file')} cannot be taken.`, { diagnostics, cause: first });
}

async function modelOf(
  engine: Engine,
  from: string,
  { group, look }: Pick<Found, 'group' | 'look'>,
): Promise<FoundModel | undefined> {
  const known = look.columns.filter(({ valueless }) => valueless !== true);
  if (known.length === 0) return undefined;
  const columns: readonly Column[] = known.map(({ name, type }) => ({ name, type }));
  const source = `bronze.${group.name}`;
  const files = group.files.map((file) => ({ location: join(from, file), label: join(from, file) }));
  const relations = sourceRelations(source, columns, await groupByForm(look.format, files));
  const written = await writtenColumns(engine, columns);
  const items = written.map(({ sql, name, type }) =>
    type === 'string' ? `trim(${sql}) as ${name}` : sql === name ? sql : `${sql} as ${name}`,
  );
  const sql = `select\n${items.map((item) => `    ${item}`).join(',\n')}\nfrom ${source}`;
  const made = written.map(({ name, type }) => ({ name: name.replace(/^"(.*)"$/, '$1'), type }));
  const profile = await profileModel(engine, { table: group.name, sql, columns: made, relations });
  return { group, sql, relations, profile };
}

async function writeSource(project: NewProject, from: string, { group, look }: Found): Promise<void> {
  const landing = `landing/${group.name}`;
  for (const file of group.files) await project.copy(join(from, file), `${landing}/${basename(file)}`);
  const path = `bronze/${group.name}.yml`;
  const { format } = look;
  const delimiter = format.type === 'csv' ? format.delimiter : undefined;
  const lines = [
    '# Every file that is put here is loaded once.',
    `files: ${landing}/*${group.ending}`,
    ...(delimiter === undefined ? [] : [`delimiter: ${JSON.stringify(delimiter)}`]),
  ];
  await project.write(path, `${await schemaComment(join(project.folder, path), 'source')}${lines.join('\n')}\n`);
}

/** Columns that are called like the key of another table, and of which every value is there. */
async function referencesOf(
  engine: Engine,
  one: FoundModel,
  all: readonly FoundModel[],
): Promise<readonly Reference[]> {
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

function doubtsOf({ group, look, model }: Found): readonly string[] {
  if (model === undefined) return [`${group.name} has no rows yet, so no model was written of it`];
  const { key, otherKeys, rows } = model.profile;
  const untold = look.columns
    .filter(({ valueless }) => valueless === true)
    .map(({ name }) => `column ${name} of ${group.name} has no value in any row, so it was left out`);
  const others =
    otherKeys.length === 0 ? '' : `; ${otherKeys.join(', ')} ${otherKeys.length === 1 ? 'is' : 'are'} unique too`;
  if (key.length === 0)
    return [...untold, `silver.${group.name} has no key: nothing that is called like one is unique${others}`];
  const few = rows < 20 ? `, which only ${count(rows, 'row')} ${rows === 1 ? 'tells' : 'tell'}` : '';
  return few === '' && others === ''
    ? untold
    : [...untold, `silver.${group.name} has the key ${key.join(', ')}${few}${others}`];
}

function readme(name: string, found: readonly FoundModel[], unsure: readonly string[]): string {
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
