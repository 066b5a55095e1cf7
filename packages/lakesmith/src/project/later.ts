import type { Diagnostic, Place } from '../core/errors.ts';
import type { z } from 'zod';
import { alertForm, dashboardForm, jobForm, publicationForm } from './forms.ts';
import { tableHint } from './graph.ts';
import type { Connection, Project, Publication, SqlReader } from './model.ts';
import type { ModelTest } from './model-test.ts';
import { readModelTest } from './model-test.ts';
import { readSqlReader } from './reader-file.ts';
import { nearestName } from '../core/nearest-name.ts';
import { checkForm } from './validate.ts';
import { entryOf } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

/** A YAML file outside the layers. */
export interface LaterFile {
  readonly path: string;
  readonly value: YamlValue;
}

interface World {
  readonly declared: ReadonlySet<string>;
  readonly connections: ReadonlyMap<string, Connection> | undefined;
}

const forms: Readonly<Record<string, z.ZodType>> = {
  jobs: jobForm,
  publish: publicationForm,
  alerts: alertForm,
  dashboards: dashboardForm,
};

/** Folders whose files are read for their form, and counted. */
export const laterFolders: readonly string[] = ['tests', ...Object.keys(forms)];

/** Looks at tests, jobs, publications, alerts and dashboards: their form, and the tables and connections they name. */
export function readLater(
  files: readonly LaterFile[],
  world: World,
): { extras: Project['extras']; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const publications: Publication[] = [];
  const tests: ModelTest[] = [];
  const readers: SqlReader[] = [];
  const counts = new Map<string, number>();
  for (const { path, value } of files) {
    const folder = path.slice(0, path.indexOf('/'));
    if (folder === 'tests') {
      const read = readModelTest(path, value);
      diagnostics.push(...read.diagnostics);
      if (read.test === undefined) continue;
      const unknown = tablesOf(read.test).flatMap(({ name, place }) => tableProblem(name, place, world));
      diagnostics.push(...unknown);
      if (unknown.length === 0) tests.push(read.test);
      continue;
    }
    const form = forms[folder];
    if (form === undefined) continue;
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
    const found = checkForm(value, form);
    diagnostics.push(...found.diagnostics);
    if (found.diagnostics.length > 0) continue;
    if (folder === 'dashboards' || folder === 'alerts') readers.push(readSqlReader(path, baseName(path), value));
    if (folder === 'publish') {
      diagnostics.push(...tablesPublished(value).flatMap(({ name, place }) => tableProblem(name, place, world)));
      const to = entryOf(value, 'to')?.value;
      const connection = to?.kind === 'scalar' ? String(to.value) : '';
      publications.push({ name: `publish.${baseName(path)}`, file: path, targets: targetsIn(value), connection });
      if (to !== undefined) diagnostics.push(...connectionProblem(connection, to.place, world));
    }
  }
  const count = (folder: string): number => counts.get(folder) ?? 0;
  return {
    extras: {
      tests,
      jobs: count('jobs'),
      dashboards: count('dashboards'),
      alerts: count('alerts'),
      publications,
      readers,
    },
    diagnostics,
  };
}

function tablesOf({ table, place, given }: ModelTest): readonly { name: string; place: Place }[] {
  return [{ name: table, place }, ...[...given].map(([name, input]) => ({ name, place: input.place }))];
}

function tablesPublished(value: YamlValue): readonly { name: string; place: Place }[] {
  const block = entryOf(value, 'tables')?.value;
  return block?.kind === 'map' ? [...block.entries].map(([name, entry]) => ({ name, place: entry.key })) : [];
}

function targetsIn(value: YamlValue): ReadonlyMap<string, string> {
  const block = entryOf(value, 'tables')?.value;
  const entries = block?.kind === 'map' ? [...block.entries] : [];
  return new Map(entries.map(([name, { value: to }]) => [name, to.kind === 'scalar' ? String(to.value) : '']));
}

function tableProblem(name: string, place: Place, { declared }: World): Diagnostic[] {
  if (declared.has(name)) return [];
  return [{ code: 'LS1203', message: `Table ${name} does not exist`, place, hint: tableHint(name, declared) }];
}

function connectionProblem(name: string, place: Place, { connections }: World): Diagnostic[] {
  if (connections === undefined || connections.has(name)) return [];
  const near = nearestName(name, connections.keys());
  const hint = near === undefined ? 'add it to connections: in lakesmith.yml' : `Did you mean ${near}?`;
  return [{ code: 'LS1303', message: `Connection ${name} is not defined in lakesmith.yml`, place, hint }];
}

function baseName(path: string): string {
  return path.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
}
