import type { Diagnostic, Place } from '../core/errors.ts';
import type { z } from 'zod';
import { alertForm, dashboardForm, jobForm, publicationForm } from './forms.ts';
import { tableHint } from './graph.ts';
import type { Named } from './job-file.ts';
import { jobFindings } from './job-file.ts';
import type { Connection, Project, Publication, SqlReader } from './model.ts';
import type { ModelTest } from './model-test.ts';
import { readModelTest } from './model-test.ts';
import { readSqlReader } from './reader-file.ts';
import { alertFindings, dashboardFindings } from './reader-findings.ts';
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
  readonly sources: ReadonlySet<string>;
  readonly channels: ReadonlySet<string> | undefined;
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
  const publishing = files.filter(({ path }) => path.startsWith('publish/')).map(({ path }) => publicationOf(path));
  const named: Named = { ...world, tables: world.declared, publications: new Set(publishing) };
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
    if (folder === 'jobs') diagnostics.push(...jobFindings(value, named));
    if (folder === 'alerts') diagnostics.push(...alertFindings(value, named));
    if (folder === 'dashboards') diagnostics.push(...dashboardFindings(value));
    if (folder === 'dashboards' || folder === 'alerts') readers.push(readSqlReader(path, baseName(path), value));
    if (folder === 'publish') {
      diagnostics.push(...tablesPublished(value).flatMap(({ name, place }) => tableProblem(name, place, world)));
      diagnostics.push(...targetFindings(value));
      const to = entryOf(value, 'to')?.value;
      const connection = to?.kind === 'scalar' ? String(to.value) : '';
      publications.push({ name: publicationOf(path), file: path, targets: targetsIn(value), connection });
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

/** Each table goes to a place of its own. */
function targetFindings(value: YamlValue): readonly Diagnostic[] {
  const { key, value: block } = entryOf(value, 'tables') ?? {};
  if (key === undefined || block?.kind !== 'map') return [];
  const wrong = (message: string, place: Place): Diagnostic => ({
    code: 'LS1004',
    message,
    place,
    hint: 'write a line for each table: gold.sales: reporting.sales',
  });
  if (block.entries.size === 0) return [wrong('Nothing is published', key)];
  const taken = new Map<string, string>();
  return [...block.entries].flatMap(([table, { value: to }]) => {
    const target = to.kind === 'scalar' ? String(to.value).trim() : '';
    if (target === '') return [wrong(`${table} is published to no name`, to.place)];
    const other = taken.get(target.toLowerCase());
    taken.set(target.toLowerCase(), table);
    return other === undefined ? [] : [wrong(`${other} and ${table} are both published to ${target}`, to.place)];
  });
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

function publicationOf(path: string): string {
  return `publish.${baseName(path)}`;
}

function baseName(path: string): string {
  return path.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
}
