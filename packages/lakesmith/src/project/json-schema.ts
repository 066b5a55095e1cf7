import { z } from 'zod';
import {
  alertForm,
  dashboardForm,
  jobForm,
  modelForm,
  projectForm,
  publicationForm,
  referenceForm,
  sourceForm,
  testForm,
} from './forms.ts';

const forms: Readonly<Record<string, z.ZodType>> = {
  project: projectForm,
  source: sourceForm,
  model: modelForm,
  reference: referenceForm,
  test: testForm,
  job: jobForm,
  publication: publicationForm,
  alert: alertForm,
  dashboard: dashboardForm,
};

/** The schema of each folder's files. */
const folders: Readonly<Record<string, string>> = {
  bronze: 'source',
  reference: 'reference',
  silver: 'model',
  gold: 'model',
  tests: 'test',
  jobs: 'job',
  publish: 'publication',
  alerts: 'alert',
  dashboards: 'dashboard',
};

/** Which of the schemas the YAML of a file follows, by its path in the project; undefined for one that is no part of it. */
export function schemaOf(path: string): string | undefined {
  if (path === 'lakesmith.yml') return 'project';
  const folder = path.slice(0, Math.max(0, path.indexOf('/')));
  return Object.hasOwn(folders, folder) && /\.(ya?ml|sql)$/.test(path) ? folders[folder] : undefined;
}

/** The keys at the top of a file, in the order in which they are documented. */
export function keysOfForm(path: string): readonly string[] {
  const form = forms[schemaOf(path) ?? ''];
  return form instanceof z.ZodObject ? Object.keys(form.shape) : [];
}

/** The JSON Schemas of a project's files by name, for editors. */
export function jsonSchemas(): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(forms).map(([name, form]) => [
      name,
      { title: `Lakesmith ${name}`, ...z.toJSONSchema(form, { io: 'input' }) },
    ]),
  );
}
