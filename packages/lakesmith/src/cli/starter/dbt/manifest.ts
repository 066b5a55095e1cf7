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
const constraints = z
  .array(z.object({ type: text, name: text, expression: text, columns: texts, to: text, to_columns: texts }))
  .nullish()
  .transform((value) => value ?? []);
const column = z.object({ name: z.string(), description: text, tags: texts, data_type: text, constraints });
const age = z.object({ count: z.number().nullish(), period: text }).nullish();
/** How old the newest row of a source may be. */
const freshness = z
  .object({ warn_after: age, error_after: age, filter: text, build_after: z.unknown().optional() })
  .nullish();
const freshnessOf = { freshness, loaded_at_field: text, loaded_at_query: text };
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
    limit: z
      .number()
      .nullish()
      .transform((value) => value ?? undefined),
    delimiter: text,
    access: text,
    group: text,
    contract: z.object({ enforced: z.boolean().nullish() }).nullish(),
    ...freshnessOf,
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
    dbt_valid_to_current: text,
    snapshot_meta_column_names: z
      .record(z.string(), text)
      .nullish()
      .transform((value) => value ?? {}),
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
  access: text,
  group: text,
  deprecation_date: text,
  constraints,
  ...freshnessOf,
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
  saved_queries: named,
  functions: named,
  groups: z
    .record(z.string(), z.object({ name: z.string(), owner: z.object({ name: text, email: oneOrMore }).partial() }))
    .nullish()
    .transform((value) => Object.values(value ?? {})),
  unit_tests: z
    .record(z.string(), unitTest)
    .nullish()
    .transform((value) => Object.values(value ?? {})),
});

/** A model, seed, source, snapshot, test or hook, as dbt's manifest has it; what it does not say is ''. */
export type DbtNode = z.output<typeof node> & {
  /** Who answers for the group that it is in. */
  readonly owner: string;
};

/** What a model of dbt makes of given rows. */
export type DbtUnitTest = z.output<typeof unitTest>;

/** What dbt knows of a project, from its manifest. */
export type DbtManifest = Omit<z.output<typeof form>, 'nodes' | 'sources' | 'groups'> & {
  readonly nodes: readonly DbtNode[];
  readonly sources: readonly DbtNode[];
};

/** The group that a model is in, or ''. Versions of dbt keep it in different places. */
export function groupOf({ group, config }: z.output<typeof node>): string {
  return group === '' ? (config.group ?? '') : group;
}

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
  const { groups, ...data } = read.data;
  const owners = new Map(
    groups.map(({ name, owner }) => [name, [owner.name, ...(owner.email ?? [])].find((each) => each) ?? '']),
  );
  const owned = (one: z.output<typeof node>): DbtNode => ({ ...one, owner: owners.get(groupOf(one)) ?? '' });
  const models = data.nodes.filter((one) => one.resource_type === 'model' && one.language !== 'python');
  if (models.length > 0 && models.every((one) => one.compiled_code === ''))
    throw new LakeError('LS4005', `${file} has no compiled SQL`, { hint: compile });
  const nodes = data.nodes.map(owned);
  const made = new Set(nodes.map(relationOf));
  return { ...data, nodes, sources: data.sources.map(owned).filter((source) => !made.has(relationOf(source))) };
}

/** 'database.schema.table', in lower case, of what has a relation. */
function relationOf({ database, schema, alias, identifier }: DbtNode): string {
  return [database, schema, identifier === '' ? alias : identifier].join('.').toLowerCase();
}

/** What makes a manifest that can be imported. */
export const compile = 'make it with: dbt compile --full-refresh';
