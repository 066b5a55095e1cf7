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

/** The JSON Schemas of a project's files by name, for editors. */
export function jsonSchemas(): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(forms).map(([name, form]) => [
      name,
      { title: `Lakesmith ${name}`, ...z.toJSONSchema(form, { io: 'input' }) },
    ]),
  );
}
