import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative, resolve } from 'node:path';
import { LakeError, messageOf } from '../../core/errors.ts';
import { packageFile } from '../../core/package-files.ts';
import { systemErrorCode } from '../../core/platform.ts';
import { nodeProjectFiles } from '../../project/files.ts';
import { print, printJson } from '../output.ts';
import { plainName } from '../plain-name.ts';
import { count } from '../../core/quantity.ts';
import { schemaComment } from '../schema-comment.ts';
import { NewProject } from '../starter/new-project.ts';

export interface InitOptions {
  readonly sample?: boolean;
  readonly from?: string;
  readonly json?: boolean;
}

/**
 * Makes a project in a folder that is empty or does not exist. `--from dbt` is followed by the folder of the dbt project,
 * which is `dir`, or `name` when nothing else is said.
 */
export async function init(name = '.', dir: string | undefined, options: InitOptions): Promise<number> {
  const dbt = options.from === 'dbt' ? (dir ?? (name === '.' ? undefined : name)) : undefined;
  if (dir !== undefined && dbt === undefined)
    throw new LakeError('LS4001', `init makes one folder, and ${dir} is another: leave it out, or say --from dbt.`);
  const into = dir === undefined && dbt !== undefined ? '.' : name;
  const folder = resolve(into);
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (present.length > 0)
    throw new LakeError('LS4002', `${into} is not empty: choose a new folder, or empty this one.`);
  const project = new NewProject(folder);
  const made = await wholly(project, () =>
    options.sample === true
      ? copySample(project)
      : dbt !== undefined
        ? fromProject(project, dbt)
        : options.from === undefined
          ? empty(project)
          : fromData(project, options.from),
  );
  const shown = relative(process.cwd(), folder) || '.';
  if (options.json === true) printJson({ ok: true, folder: shown, ...made });
  else {
    const counts = [count(made.sources, 'source'), count(made.models, 'model'), ...made.extras].join(' · ');
    print(`  ${shown}/  ${counts}      (no cloud, no database, no account)`);
    for (const doubt of made.unsure ?? []) print(`  look:    ${doubt}`);
    print(`  next:    ${shown === '.' ? '' : `cd ${shown} && `}npx lakesmith ${made.next}`);
  }
  return 0;
}

/** Makes all of a project, or leaves nothing of it. */
async function wholly(project: NewProject, make: () => Promise<Made>): Promise<Made> {
  const onSignal = (): void => {
    project.undo();
    process.exit(130);
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await make();
  } catch (error) {
    project.undo();
    if (error instanceof LakeError || systemErrorCode(error) === undefined) throw error;
    throw new LakeError('LS4005', `The project cannot be made: ${messageOf(error)}`, { cause: error });
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

const signals = ['SIGINT', 'SIGTERM'] as const;

interface Made {
  readonly sources: number;
  readonly models: number;
  readonly extras: readonly string[];
  readonly next: string;
  readonly unsure?: readonly string[];
}

/** The sample lies in the package, and in the workspace that the package is built from. */
async function sampleFolder(): Promise<string> {
  for (const folder of ['samples/retail', '../../samples/retail'].map(packageFile))
    if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) return folder;
  throw new LakeError('LS9001', 'The sample is missing from this installation.');
}

async function copySample(project: NewProject): Promise<Made> {
  const { folder } = project;
  await project.copyFolder(await sampleFolder(), ['.gitignore']);
  // npm leaves .gitignore files out of packages, so the sample carries it under another name there.
  await project.write('.gitignore', ignored);
  const files = await Promise.all(
    ['bronze', 'silver', 'gold', 'tests', 'jobs', 'dashboards'].map((part) => nodeProjectFiles(folder).list(part)),
  );
  const [bronze, silver, gold, tests, jobs, dashboards] = files.map((found) =>
    found.filter((file) => !file.endsWith('.yml') || !found.includes(file.replace(/yml$/, 'sql'))),
  );
  let sources = 0;
  for (const file of bronze ?? []) sources += await tablesIn(join(folder, file));
  return {
    sources,
    models: (silver?.length ?? 0) + (gold?.length ?? 0),
    extras: [
      count(tests?.length ?? 0, 'test'),
      count(jobs?.length ?? 0, 'job'),
      count(dashboards?.length ?? 0, 'dashboard'),
    ],
    next: 'run',
  };
}

/** A source file makes one table, or as many as it names under `tables:`. */
async function tablesIn(file: string): Promise<number> {
  const { parse } = await import('yaml');
  const source = parse(await readFile(file, 'utf8')) as { tables?: Record<string, unknown> };
  return source.tables === undefined ? 1 : Object.keys(source.tables).length;
}

/** What a run and `docs` make, and what is nobody else's business. */
const ignored = 'lake/\n.env\n.lakesmith/\ndocs-site/\n';

const projectFile = (name: string): string => `lakesmith: 1                          # version of these file formats
name: ${name}
lake: ./lake
timezone: UTC
`;

async function start(project: NewProject): Promise<void> {
  const { folder } = project;
  for (const part of ['bronze', 'reference', 'silver', 'gold', 'tests']) await project.makeFolder(part);
  const comment = await schemaComment(join(folder, 'lakesmith.yml'), 'project');
  await project.write('lakesmith.yml', comment + projectFile(plainName(basename(folder))));
  await project.write('.gitignore', ignored);
}

async function empty(project: NewProject): Promise<Made> {
  await start(project);
  return { sources: 0, models: 0, extras: [], next: 'check' };
}

async function fromData(project: NewProject, from: string): Promise<Made> {
  const what = await stat(from).catch((error: unknown) => {
    const why = systemErrorCode(error) === 'ENOENT' ? 'there is no such file or folder' : messageOf(error);
    throw new LakeError('LS4005', `${from} cannot be read: ${why}.`, { cause: error });
  });
  if (!what.isDirectory()) return await fromFile(project, from);
  if (!relative(resolve(from), project.folder).startsWith('..'))
    throw new LakeError('LS4002', `${from} is where the project is to be made: name a folder outside of it.`);
  const { fromFolder } = await import('../starter/from-folder.ts');
  const made = await fromFolder(project, from);
  await start(project);
  return { ...made, extras: [], next: 'run' };
}

async function fromProject(project: NewProject, from: string): Promise<Made> {
  const { readDbt } = await import('../starter/dbt/target.ts');
  const { fromDbt } = await import('../starter/dbt/from-dbt.ts');
  const dbt = await readDbt(resolve(from));
  await start(project);
  const { tests, ...made } = await fromDbt(project, dbt);
  return { ...made, extras: tests === 0 ? [] : [count(tests, 'test')], next: 'run' };
}

const formats: Readonly<Record<string, string>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

/** A bronze source and one silver model from a file: enough to run at once and to go on from. */
async function fromFile(project: NewProject, from: string): Promise<Made> {
  const ending = extname(from);
  const format = formats[ending.toLowerCase()];
  if (format === undefined) throw new LakeError('LS1302', `${from} has no format that is known: .csv, .json, .ndjson.`);
  if (/^[._]/.test(basename(from)))
    throw new LakeError('LS4005', `Loads leave out files such as ${from}, whose name begins with _ or .: rename it.`);
  const { describeFile } = await import('../describe-file.ts');
  const columns = await describeFile(from, format);
  await start(project);
  const name = plainName(basename(from, ending));
  await project.copy(from, `landing/${name}/${basename(from)}`);
  const source = `bronze/${name}.yml`;
  await project.write(
    source,
    `${await schemaComment(join(project.folder, source), 'source')}# Every file that is put here is loaded once.\nfiles: landing/${name}/*${ending}\n${ending.toLowerCase() === '.tsv' ? 'delimiter: "\\t"\n' : ''}`,
  );
  if (columns.length === 0)
    return {
      sources: 1,
      models: 0,
      extras: [],
      next: 'run',
      unsure: [`${from} has no rows yet, so no model was written of it`],
    };
  const example = columns.find((column) => !column.startsWith('"')) ?? 'id';
  const list = columns.map((column) => `    ${column}`).join(',\n');
  await project.write(
    `silver/${name}.sql`,
    `-- ${name}, cleaned. Rules go into a settings comment on top, for example:\n--   expect:\n--     quarantine:\n--       has_${example}: ${example} is not null\nselect\n${list}\nfrom bronze.${name}\n`,
  );
  return { sources: 1, models: 1, extras: [], next: 'run' };
}
