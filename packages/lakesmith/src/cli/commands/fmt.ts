import { rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { LakeError } from '../../core/errors.ts';
import type { Diagnostic } from '../../core/errors.ts';
import { count } from '../../core/quantity.ts';
import { nodeProjectFiles } from '../../project/files.ts';
import type { ProjectFiles } from '../../project/files.ts';
import { arrangeFindings, findingsError } from '../../project/findings.ts';
import type { ModelFiles } from '../../project/format-file.ts';
import { formatFile, joinSettings, splitSettings } from '../../project/format-file.ts';
import { schemaOf } from '../../project/json-schema.ts';
import { newerVersion } from '../../project/project-file.ts';
import { splitSqlFile } from '../../project/settings-comment.ts';
import { parseYaml } from '../../project/yaml.ts';
import type { CommonOptions } from '../open.ts';
import { print, printJson } from '../output.ts';

export interface FmtOptions extends CommonOptions {
  readonly check?: boolean;
  readonly split?: boolean;
  readonly join?: boolean;
  readonly upgrade?: boolean;
}

/** Files by path; undefined: the file goes. */
type Texts = ReadonlyMap<string, string | undefined>;

/** Writes the files of a project in one form. What they mean stays; with --check nothing is written. */
export async function fmt(names: readonly string[], options: FmtOptions): Promise<number> {
  if (options.split === true && options.join === true)
    throw new LakeError('LS4001', '--split and --join are opposites: choose one.');
  const files = nodeProjectFiles(options.project);
  const before = await readFiles(files);
  const chosen = chooseFiles(names, before, files.folder);
  const after = new Map(before);
  if (options.split === true || options.join === true) moveSettings(after, chosen, options.split === true);
  for (const [path, text] of after) {
    const isChosen = chosen.has(path) || !before.has(path);
    if (isChosen && text !== undefined) after.set(path, formatFile(path, text));
  }
  refuseDoubles(after);
  const changed = [...after].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
  if (options.check !== true) await writeFiles(files.folder, new Map(changed.map((path) => [path, after.get(path)])));
  tell(changed, chosen.size, options);
  return options.check === true && changed.length > 0 ? 1 : 0;
}

function tell(changed: readonly string[], all: number, options: FmtOptions): void {
  if (options.json === true) {
    printJson({ ok: options.check !== true || changed.length === 0, files: all, changed });
    return;
  }
  for (const path of changed) print(path);
  const what = options.check === true ? 'to be formatted' : 'changed';
  const upgraded = options.upgrade === true ? 'the project has the newest file formats · ' : '';
  print(`${upgraded}${count(all, 'file')}, ${changed.length === 0 ? 'none' : changed.length} ${what}`);
}

/** Every file that has a form. All that cannot be read is told at once, before anything is written. */
async function readFiles(files: ProjectFiles): Promise<ReadonlyMap<string, string>> {
  const folders = ['bronze', 'reference', 'silver', 'gold', 'tests', 'jobs', 'publish', 'alerts', 'dashboards'];
  const listed = await Promise.all(folders.map((folder) => files.list(folder)));
  const texts = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  for (const path of ['lakesmith.yml', ...listed.flat()]) {
    const bytes = schemaOf(path) === undefined ? undefined : await files.read(path);
    if (bytes === undefined) continue;
    const text = decoded(bytes);
    if (text === undefined) {
      const place = { file: path, line: 1, column: 1 };
      diagnostics.push({ code: 'LS1001', message: `${path} is not UTF-8 text`, place, hint: 'save the file as UTF-8' });
      continue;
    }
    texts.set(path, text);
    const read = path.endsWith('.sql') ? splitSqlFile(text, path) : parseYaml({ text, file: path });
    diagnostics.push(...read.diagnostics);
    if (path === 'lakesmith.yml' && 'value' in read && read.value !== undefined)
      diagnostics.push(...newerVersion(read.value));
  }
  if (!texts.has('lakesmith.yml') && diagnostics.length === 0)
    throw new LakeError('LS1001', `There is no lakesmith.yml in ${files.folder}`, {
      hint: 'go to the folder of a project, or make one: lakesmith init',
    });
  const [first, ...others] = arrangeFindings(diagnostics, texts);
  if (first !== undefined) throw findingsError([first, ...others]);
  return texts;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function chooseFiles(names: readonly string[], texts: Texts, folder: string): ReadonlySet<string> {
  if (names.length === 0) return new Set(texts.keys());
  return new Set(
    names.flatMap((name) => {
      const path = relative(folder, resolve(name)).split(sep).join('/');
      const found = [...texts.keys()].filter((one) => one === path || one.startsWith(`${path}/`) || path === '');
      if (found.length > 0) return found;
      throw new LakeError(
        'LS4005',
        `${name} is no file of this project that has a form: name a .yml, a .sql or a folder.`,
      );
    }),
  );
}

function moveSettings(texts: Map<string, string | undefined>, chosen: ReadonlySet<string>, split: boolean): void {
  for (const path of chosen) {
    const stem = path.replace(/\.[^./]+$/, '');
    const sqlPath = `${stem}.sql`;
    const sql = texts.get(sqlPath);
    const yamlPath = texts.has(`${stem}.yaml`) ? `${stem}.yaml` : `${stem}.yml`;
    const isModel = schemaOf(sqlPath) === 'model' && sql !== undefined && !sqlPath.endsWith('.spark.sql');
    if (!isModel) continue;
    const model: ModelFiles = { sql, yaml: texts.get(yamlPath) };
    const moved = split ? splitSettings(model) : joinSettings(model);
    if (moved === undefined) continue;
    texts.set(sqlPath, moved.sql);
    texts.set(yamlPath, moved.yaml);
  }
}

/** A setting that stood in both places stands twice in one of them now. */
function refuseDoubles(texts: Texts): void {
  const diagnostics = [...texts].flatMap(([file, text]) => {
    if (text === undefined) return [];
    return file.endsWith('.sql') ? splitSqlFile(text, file).diagnostics : parseYaml({ text, file }).diagnostics;
  });
  const [first, ...others] = diagnostics;
  if (first !== undefined) throw findingsError([first, ...others]);
}

/** What is new is there before the place that it came from is gone. */
async function writeFiles(folder: string, texts: Texts): Promise<void> {
  const order = [...texts].sort(([a], [b]) => Number(a.endsWith('.sql')) - Number(b.endsWith('.sql')));
  for (const [path, text] of order) if (text !== undefined) await writeFile(join(folder, path), text);
  for (const [path, text] of order) if (text === undefined) await rm(join(folder, path));
}
