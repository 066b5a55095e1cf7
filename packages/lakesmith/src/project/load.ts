import type { Diagnostic } from '../core/errors.ts';
import type { Memory } from '../core/memory.ts';
import { noMemory } from '../core/memory.ts';
import type { Column } from '../core/schema.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { bindProject } from './bind.ts';
import type { ProjectFiles } from './files.ts';
import { arrangeFindings, findingsError } from './findings.ts';
import type { Scripts } from '../script/scripts.ts';
import { speaking } from '../sql/speaking.ts';
import { connectTables } from './graph.ts';
import type { Environment } from './interpolate.ts';
import { readLater } from './later.ts';
import { missedTables, readLayers } from './layers.ts';
import type { Project } from './model.ts';
import type { ProjectSettings } from './project-file.ts';
import { readWords, unusedParameters } from './words.ts';
import { projectFileName, readProjectFile } from './project-file.ts';
import { ProjectText } from './project-text.ts';
import type { DeclaredTable, Reach } from './reach.ts';

export interface LoadOptions {
  /** Environment of lakesmith.yml; undefined: the keys at its top. */
  readonly environment: string | undefined;
  readonly env: Environment;
  readonly compiler: SqlCompiler;
  /** What was understood of these files before; absent: nothing. */
  readonly memory?: Memory;
  /** Absent: files of TypeScript are refused. */
  readonly scripts?: Scripts;
  /** Values of parameters that stand before those of lakesmith.yml. */
  readonly parameters?: ReadonlyMap<string, string>;
  /** What is wanted of it; absent: everything. Then only that is read, and what is wrong elsewhere is not found. */
  readonly about?: Reach;
  /** What is wrong with the command itself. Asked when the project is wrong, too, so that both are told together. */
  readonly mistakes?: (known: KnownTables) => readonly Diagnostic[];
  /** Environments that lakesmith.yml does not name and the lake knows, with what each is based on. */
  readonly bases?: ReadonlyMap<string, string>;
  /**
   * Columns of bronze and reference tables. Given, an error of the project is told together with what binding finds in
   * the tables that are right; without it binding is left to `bindProject`.
   */
  readonly sourceSchemas?: (project: Project) => Promise<ReadonlyMap<string, readonly Column[] | undefined>>;
}

/** What is known of the tables of a project in which something is wrong. */
export interface KnownTables {
  /** All, also those that are wrong. */
  readonly declared: readonly DeclaredTable[];
  /** Those of which more is known. */
  readonly tables: Project['tables'];
}

/** Reads a project. Throws one LakeError with all findings, sorted by file and line, when something is wrong. */
export async function loadProject(files: ProjectFiles, options: LoadOptions): Promise<Project> {
  const { project, diagnostics, texts, declared } = await readProject(files, options);
  const findings = [...diagnostics];
  if (findings.length > 0)
    findings.push(...(options.mistakes?.({ declared, tables: project?.tables ?? new Map() }) ?? []));
  if (project !== undefined && findings.length > 0 && options.sourceSchemas !== undefined) {
    const bound = await bindProject(project, options.compiler, {
      schemas: await options.sourceSchemas(project),
    });
    findings.push(...bound.diagnostics);
  }
  const [first, ...others] = arrangeFindings(findings, texts);
  if (first !== undefined) throw findingsError([first, ...others]);
  if (project === undefined) throw findingsError([noProject(files)]);
  return project;
}

interface Reading {
  /** What could be read, also when something else is wrong; undefined without a lakesmith.yml that can be used. */
  readonly project: Project | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly texts: ReadonlyMap<string, string>;
  /** None without a lakesmith.yml that can be read. */
  readonly declared: readonly DeclaredTable[];
}

/** Reads a project as far as it can be read; what is wrong stands beside it. */
export async function readProject(files: ProjectFiles, options: LoadOptions): Promise<Reading> {
  const text = new ProjectText(files);
  const written = await text.read(projectFileName);
  if (written === undefined) {
    return {
      project: undefined,
      diagnostics: text.diagnostics.length > 0 ? text.diagnostics : [noProject(files)],
      texts: text.texts,
      declared: [],
    };
  }
  const { settings, diagnostics } = readProjectFile(written, options);
  // A project in another file format cannot be judged by the rules of this one.
  if (diagnostics.some(({ code }) => code === 'LS1005'))
    return { project: undefined, diagnostics, texts: text.texts, declared: [] };

  const words = await readWords(text, settings?.parameters ?? [], options.compiler);
  const compiler = speaking(options.compiler, words);
  const { scripts, about, ...everything } = options;
  const layers = await readLayers(text, {
    connections: settings?.connections,
    env: options.env,
    compiler,
    words,
    memory: options.memory ?? noMemory,
    ...(about === undefined ? {} : { about }),
    ...(scripts === undefined ? {} : { readScripts: (paths) => scripts.read(files, paths) }),
  });
  if (missedTables(layers).length > 0)
    return await readProject(files, { ...everything, ...(scripts === undefined ? {} : { scripts }) });
  const graph = connectTables({ ...layers.definitions, macroReads: words.reads });
  const isTable = (name: string): boolean => words.steps.get(name)?.isView !== false;
  const declared = new Set([...layers.definitions.declared].filter(isTable));
  const later = readLater(layers.later, {
    declared,
    sources: layers.sources,
    connections: settings?.connections,
    channels: settings?.channels,
  });
  const used = new Set([...compiler.used, ...[...words.macros.values()].flatMap(({ uses }) => uses)]);
  const all = [
    ...diagnostics,
    ...text.diagnostics,
    ...words.diagnostics,
    ...layers.diagnostics,
    ...graph.diagnostics,
    ...later.diagnostics,
  ];
  // What could not be read may be what uses one.
  if (all.length === 0 && layers.unread.size === 0)
    all.push(...unusedParameters(settings?.parameters ?? [], used, text.texts));
  // Without settings nobody knows which parameters there are.
  const found = settings === undefined ? all.filter(({ code }) => code !== 'LS1010') : all;
  const project: Project | undefined =
    settings === undefined
      ? undefined
      : {
          ...settingsAlone(settings),
          folder: files.folder,
          words: { parameters: words.parameters, macros: words.macros, steps: words.steps },
          steps: graph.steps,
          tables: graph.tables,
          unread: layers.unread,
          imports: layers.imports,
          texts: text.texts,
          extras: later.extras,
        };
  return { project, diagnostics: found, texts: text.texts, declared: layers.declared };
}

function settingsAlone({
  parameters: _,
  channels: __,
  ...settings
}: ProjectSettings): Omit<ProjectSettings, 'parameters' | 'channels'> {
  return settings;
}

function noProject(files: ProjectFiles): Diagnostic {
  return {
    code: 'LS1001',
    message: `There is no ${projectFileName} in ${files.folder}`,
    hint: 'go to the folder of a project, or make one: lakesmith init',
  };
}
