import type { Diagnostic, Place } from '../core/errors.ts';
import type { z } from 'zod';
import { alertForm, dashboardForm, jobForm, publicationForm, testForm } from './forms.ts';
import { tableHint } from './graph.ts';
import type { Connection, Project, Publication } from './model.ts';
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
  tests: testForm,
  jobs: jobForm,
  publish: publicationForm,
  alerts: alertForm,
  dashboards: dashboardForm,
};

/** Folders whose files are read for their form, and counted. */
export const laterFolders: readonly string[] = Object.keys(forms);

/** Looks at tests, jobs, publications, alerts and dashboards: their form, and the tables and connections they name. */
export function readLater(
  files: readonly LaterFile[],
  world: World,
): { extras: Project['extras']; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const publications: Publication[] = [];
  const counts = new Map<string, number>();
  for (const { path, value } of files) {
    const folder = path.slice(0, path.indexOf('/'));
    const form = forms[folder];
    if (form === undefined) continue;
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
    const found = checkForm(value, form);
    diagnostics.push(...found.diagnostics);
    if (found.diagnostics.length > 0) continue;
    diagnostics.push(...tablesNamed(folder, value).flatMap(({ name, place }) => tableProblem(name, place, world)));
    if (folder === 'publish') {
      const to = entryOf(value, 'to')?.value;
      const connection = to?.kind === 'scalar' ? String(to.value) : '';
      publications.push({ name: `publish.${baseName(path)}`, connection });
      if (to !== undefined) diagnostics.push(...connectionProblem(connection, to.place, world));
    }
  }
  const count = (folder: string): number => counts.get(folder) ?? 0;
  return {
    extras: {
      tests: count('tests'),
      jobs: count('jobs'),
      dashboards: count('dashboards'),
      alerts: count('alerts'),
      publications,
    },
    diagnostics,
  };
}

function tablesNamed(folder: string, value: YamlValue): readonly { name: string; place: Place }[] {
  const keysOf = (key: string): { name: string; place: Place }[] => {
    const block = entryOf(value, key)?.value;
    return block?.kind === 'map' ? [...block.entries].map(([name, entry]) => ({ name, place: entry.key })) : [];
  };
  const test = entryOf(value, 'test')?.value;
  if (folder === 'publish') return keysOf('tables');
  if (folder !== 'tests' || test?.kind !== 'scalar') return [];
  return [{ name: String(test.value), place: test.place }, ...keysOf('given')];
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
