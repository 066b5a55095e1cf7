import type { Diagnostic } from '../core/errors.ts';
import { bindProject } from './bind.ts';
import type { SourceKnowledge } from './bind.ts';
import type { BoundReaders, Question } from './bind-readers.ts';
import { bindReaders } from './bind-readers.ts';
import { testFindings } from './bind-tests.ts';
import type { ProjectFiles } from './files.ts';
import { arrangeFindings } from './findings.ts';
import type { LoadOptions } from './load.ts';
import { readProject } from './load.ts';
import type { BoundProject, Project } from './model.ts';

/** What can be known of a project whether it is right or not. */
export interface Examination {
  /** As much of it as is right; undefined without a lakesmith.yml that can be used. */
  readonly bound: BoundProject | undefined;
  /** Everything that `check` would say, by file and line. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Finds what is wrong with the tests, dashboards and alerts of a bound project; a test of what was not read is left out. */
export async function judgeExtras(question: Question): Promise<BoundReaders> {
  const { bound } = question;
  const { extras, unread } = bound.project;
  const tests = extras.tests.filter(({ table }) => !unread.has(table)).flatMap((test) => testFindings(test, bound));
  const { diagnostics, reads } = await bindReaders(question);
  return { diagnostics: [...tests, ...diagnostics], reads };
}

/** What is known of the sources, and what is wrong with them. */
export type SourceSight = SourceKnowledge & { readonly diagnostics: readonly Diagnostic[] };

/** Reads and binds a project as far as that goes, and finds all that is wrong with it. Throws for nothing the user wrote. */
export async function examineProject(
  files: ProjectFiles,
  options: Omit<LoadOptions, 'sourceSchemas'> & { readonly sight: (project: Project) => Promise<SourceSight> },
): Promise<Examination> {
  const { project, diagnostics, texts, declared } = await readProject(files, options);
  if (project === undefined) return { bound: undefined, diagnostics: arrangeFindings(diagnostics, texts) };
  const sight = await options.sight(project);
  const { bound, diagnostics: found } = await bindProject(project, options.compiler, sight);
  const unsound = new Set(declared.map(({ name }) => name).filter((name) => !project.tables.has(name)));
  const { compiler } = options;
  const extras = await judgeExtras({ compiler, bound, untold: sight.untold, unsound });
  const all = [...diagnostics, ...found, ...sight.diagnostics, ...extras.diagnostics];
  return { bound, diagnostics: arrangeFindings(all, texts) };
}
