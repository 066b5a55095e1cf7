import { z } from 'zod';
import { LakeError } from '../../../core/errors.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const column = z.object({ name: z.string(), description: text, tags: texts, data_type: text });
const oneOrMore = z
  .union([z.string(), z.array(z.string())])
  .nullish()
  .transform((value) => (typeof value === 'string' ? [value] : (value ?? [])));
const record = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => value ?? {});
const hooks = z
  .array(z.unknown())
  .nullish()
  .transform((value) => value?.length ?? 0);

const config = z
  .object({
    materialized: text,
    severity: text,
    where: text,
    warn_if: text,
    error_if: text,
    fail_calc: text,
    delimiter: text,
    column_types: z
      .record(z.string(), z.string())
      .nullish()
      .transform((value) => value ?? {}),
    meta: record,
    'pre-hook': hooks,
    'post-hook': hooks,
    // Of snapshots.
    strategy: text,
    unique_key: oneOrMore,
    updated_at: text,
    check_cols: oneOrMore,
    hard_deletes: text,
    invalidate_hard_deletes: z.boolean().nullish(),
  })
  .partial();

const testMetadata = z.object({
  name: z.string(),
  namespace: text,
  kwargs: record,
});

const dependsOn = z
  .object({ nodes: texts })
  .nullish()
  .transform((value) => value?.nodes ?? []);

const node = z.object({
  unique_id: z.string(),
  resource_type: z.string(),
  name: z.string(),
  package_name: text,
  original_file_path: text,
  root_path: text,
  fqn: texts,
  database: text,
  schema: text,
  alias: text,
  identifier: text,
  relation_name: text,
  version: z.union([z.string(), z.number()]).nullish(),
  language: text,
  raw_code: text,
  compiled_code: text,
  description: text,
  tags: texts,
  columns: z
    .record(z.string(), column)
    .nullish()
    .transform((value) => Object.values(value ?? {})),
  depends_on: dependsOn,
  config: config.nullish().transform((value) => value ?? {}),
  source_name: text,
  meta: record,
  column_name: text,
  attached_node: text,
  test_metadata: testMetadata.nullish(),
});

/** Rows of a unit test: SQL, or a block a row. CSV and files of rows are such blocks already. */
const fixture = z.object({
  input: text,
  rows: z
    .union([z.string(), z.array(z.record(z.string(), z.unknown()))])
    .nullish()
    .transform((value) => value ?? []),
});

const unitTest = z.object({
  name: z.string(),
  unique_id: text,
  description: text,
  given: z
    .array(fixture)
    .nullish()
    .transform((value) => value ?? []),
  expect: fixture,
  overrides: z.object({ macros: record, vars: record, env_vars: record }).partial().nullish(),
  depends_on: dependsOn,
});

const named = z
  .record(z.string(), z.object({ name: text }).loose())
  .nullish()
  .transform((value) => Object.values(value ?? {}));

const form = z.object({
  metadata: z.object({ adapter_type: text, project_name: text, invocation_id: text }),
  nodes: z.record(z.string(), node).transform((value) => Object.values(value)),
  sources: z.record(z.string(), node).transform((value) => Object.values(value)),
  exposures: named,
  metrics: named,
  semantic_models: named,
  unit_tests: z
    .record(z.string(), unitTest)
    .nullish()
    .transform((value) => Object.values(value ?? {})),
});

/** A model, seed, source, snapshot, test or hook, as dbt's manifest has it; what it does not say is ''. */
export type DbtNode = z.output<typeof node>;

/** What a model of dbt makes of given rows. */
export type DbtUnitTest = z.output<typeof unitTest>;

/** What dbt knows of a project, from its manifest. */
export type DbtManifest = z.output<typeof form>;

/**
 * Reads target/manifest.json. A source that is a seed or a model of the same project is left to that. LS4005 when it is none, or when nothing in it is compiled.
 */
export function readManifest(json: string, file: string): DbtManifest {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new LakeError('LS4005', `${file} is no JSON`, { hint: compile, cause: error });
  }
  const read = form.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    const where = issue === undefined ? '' : `: ${issue.path.join('.')} ${issue.message}`;
    throw new LakeError('LS4005', `${file} is no manifest of dbt that can be read${where}`, { hint: compile });
  }
  const models = read.data.nodes.filter((one) => one.resource_type === 'model' && one.language !== 'python');
  if (models.length > 0 && models.every((one) => one.compiled_code === ''))
    throw new LakeError('LS4005', `${file} has no compiled SQL`, { hint: compile });
  const made = new Set(read.data.nodes.map(relationOf));
  return { ...read.data, sources: read.data.sources.filter((source) => !made.has(relationOf(source))) };
}

/** 'database.schema.table', in lower case, of what has a relation. */
function relationOf({ database, schema, alias, identifier }: DbtNode): string {
  return [database, schema, identifier === '' ? alias : identifier].join('.').toLowerCase();
}

/** What makes a manifest that can be imported. */
export const compile = 'make it with: dbt compile --full-refresh';
