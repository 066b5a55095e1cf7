import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join, relative, resolve } from 'node:path';
import { LakeError } from '../../core/errors.ts';
import { packageFile } from '../../core/package-files.ts';
import { nodeProjectFiles } from '../../project/files.ts';
import { print, printJson } from '../output.ts';
import { plainName } from '../plain-name.ts';
import { count } from '../../core/quantity.ts';
import { schemaComment } from '../schema-comment.ts';

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
  const made =
    options.sample === true
      ? await copySample(folder)
      : dbt !== undefined
        ? await fromProject(folder, dbt)
        : options.from === undefined
          ? await empty(folder)
          : await fromData(folder, options.from);
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

async function copySample(folder: string): Promise<Made> {
  const sample = await sampleFolder();
  await cp(sample, folder, { recursive: true });
  // npm leaves .gitignore files out of packages, so the sample carries it under another name there.
  await writeFile(join(folder, '.gitignore'), ignored);
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

async function start(folder: string): Promise<void> {
  for (const part of ['bronze', 'reference', 'silver', 'gold', 'tests'])
    await mkdir(join(folder, part), { recursive: true });
  const file = join(folder, 'lakesmith.yml');
  await writeFile(file, (await schemaComment(file, 'project')) + projectFile(plainName(basename(folder))));
  await writeFile(join(folder, '.gitignore'), ignored);
}

async function empty(folder: string): Promise<Made> {
  await start(folder);
  return { sources: 0, models: 0, extras: [], next: 'check' };
}

async function fromData(folder: string, from: string): Promise<Made> {
  if (!(await stat(resolve(from)).catch(() => undefined))?.isDirectory()) return await fromFile(folder, from);
  if (!relative(resolve(from), folder).startsWith('..'))
    throw new LakeError('LS4002', `${from} is where the project is to be made: name a folder outside of it.`);
  const { fromFolder } = await import('../starter/from-folder.ts');
  await start(folder);
  return { ...(await fromFolder(folder, resolve(from))), extras: [], next: 'run' };
}

async function fromProject(folder: string, from: string): Promise<Made> {
  const { readDbt } = await import('../starter/dbt/target.ts');
  const { fromDbt } = await import('../starter/dbt/from-dbt.ts');
  const dbt = await readDbt(resolve(from));
  await start(folder);
  const { tests, ...made } = await fromDbt(folder, dbt);
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
async function fromFile(folder: string, from: string): Promise<Made> {
  const file = resolve(from);
  const ending = extname(file).toLowerCase();
  if (formats[ending] === undefined)
    throw new LakeError('LS1302', `${from} has no format that is known: .csv, .json, .ndjson.`);
  if (!(await stat(file).catch(() => undefined))?.isFile())
    throw new LakeError('LS4005', `${from} is no file or folder that can be read.`);
  const { describeFile } = await import('../describe-file.ts');
  const columns = await describeFile(file, formats[ending]);
  await start(folder);
  const name = plainName(basename(file, extname(file)));
  const landing = join(folder, 'landing', name);
  await mkdir(landing, { recursive: true });
  await cp(file, join(landing, basename(file)));
  const source = join(folder, 'bronze', `${name}.yml`);
  await writeFile(
    source,
    `${await schemaComment(source, 'source')}# Every file that is put here is loaded once.\nfiles: landing/${name}/*${extname(file)}\n${ending === '.tsv' ? 'delimiter: "\\t"\n' : ''}`,
  );
  const example = columns.find((column) => !column.startsWith('"')) ?? 'id';
  const list = columns.map((column) => `    ${column}`).join(',\n');
  await writeFile(
    join(folder, 'silver', `${name}.sql`),
    `-- ${name}, cleaned. Rules go into a settings comment on top, for example:\n--   expect:\n--     quarantine:\n--       has_${example}: ${example} is not null\nselect\n${list}\nfrom bronze.${name}\n`,
  );
  return { sources: 1, models: 1, extras: [], next: 'run' };
}
