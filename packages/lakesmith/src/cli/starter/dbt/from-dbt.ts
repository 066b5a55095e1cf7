import { basename } from 'node:path';
import { openDuckDb } from '../../../engine/duckdb/engine.ts';
import { openExaminer } from '../../open.ts';
import type { NewProject } from '../new-project.ts';
import { readFixtures } from './fixtures.ts';
import type { DbtManifest, DbtNode } from './manifest.ts';
import { compile } from './manifest.ts';
import type { ImportedModel, LeftOut } from './models.ts';
import { importModels, relationNames, translate } from './models.ts';
import { tableNames } from './names.ts';
import { readme } from './readme.ts';
import { seedOf, sourceOf } from './inputs.ts';
import type { ImportedInput } from './inputs.ts';
import type { Candidates, Settled } from './settle.ts';
import { settle } from './settle.ts';
import type { DbtProject } from './target.ts';
import { notTables } from './not-tables.ts';

/** What became of a dbt project. */
export interface DbtMade {
  readonly sources: number;
  readonly models: number;
  /** Unit tests. */
  readonly tests: number;
  /** What was left out, and what is to be looked at. */
  readonly unsure: readonly string[];
}

/** Writes into a new project what can be imported; `check` passes on it. */
export async function fromDbt(project: NewProject, dbt: DbtProject): Promise<DbtMade> {
  const { manifest } = dbt;
  const { folder } = project;
  const names = tableNames(manifest);
  const { translated, fixtures } = await understand(manifest, names);
  const { models, leftOut } = importModels(manifest, names, translated);
  const inputs: ImportedInput[] = [];
  const without: LeftOut[] = [...leftOut, ...notTables(manifest)];
  for (const node of [...manifest.sources, ...manifest.nodes.filter((one) => one.resource_type === 'seed')]) {
    const table = names.get(node.unique_id) ?? '';
    const found = await (node.resource_type === 'seed' ? seedOf : sourceOf)(dbt, node, table);
    if ('why' in found) without.push(found);
    else inputs.push(found);
  }
  for (const { from, to } of inputs.flatMap(({ copies }) => copies)) await project.copy(from, to);
  const settled = await settleHere({ folder, manifest, names, translated, fixtures, models, inputs });
  for (const [path, text] of Object.entries(settled.files)) await project.write(path, text);
  const all = [...without, ...settled.leftOut];
  const doubts = [
    ...all.map(({ what, why }) => `${what} ${/^(?!1 )\d/.test(what) ? 'are' : 'is'} left out: ${why}`),
    ...settled.inputs.flatMap(({ doubt }) => doubt ?? []),
    ...settled.models.flatMap(({ node }) => frozen(node, dbt)),
    ...settled.models.flatMap(pastOf),
  ];
  const made = { project: basename(folder), dbt: manifest.metadata.project_name, ...settled, doubts };
  await project.write('README.md', readme(made));
  const sources = settled.inputs.filter(({ table }) => table.startsWith('bronze.')).length;
  return { sources, models: settled.models.length, tests: settled.tests.length, unsure: doubts };
}

/** What the engine says of the SQL in a manifest. */
async function understand(
  manifest: DbtManifest,
  names: ReadonlyMap<string, string>,
): Promise<Pick<Candidates, 'translated' | 'fixtures'>> {
  const written = manifest.nodes.filter(
    ({ resource_type: type, compiled_code: code }) => /^(model|snapshot|test)$/.test(type) && code !== '',
  );
  const engine = await openDuckDb({});
  try {
    const snapshots = new Map(
      manifest.nodes
        .filter(({ resource_type: type }) => type === 'snapshot')
        .map((node) => [names.get(node.unique_id) ?? '', node]),
    );
    const translated = await translate(written, relationNames(manifest, names), snapshots, engine);
    return { translated, fixtures: await readFixtures(manifest.unit_tests, engine) };
  } finally {
    await engine.close();
  }
}

async function settleHere(candidates: Candidates): Promise<Settled> {
  const examiner = await openExaminer(undefined);
  try {
    return await settle(candidates, examiner.examine);
  } finally {
    await examiner.close();
  }
}

/** What stood for a moment or a choice when dbt compiled it, and is text now. */
function frozen({ name, raw_code: raw, config }: DbtNode, { full }: DbtProject): readonly string[] {
  const word = /run_started_at|invocation_id|modules\.datetime/.exec(raw)?.[0];
  const incremental = config.materialized === 'incremental' && /is_incremental/.test(raw) && !full;
  return [
    ...(word === undefined ? [] : [`model ${name} reads ${word}: its value is that of the day when dbt compiled it`]),
    ...(incremental ? [`model ${name} is incremental, and may be compiled as on a later run: ${compile}`] : []),
  ];
}

/** What a snapshot was, and its history is not. */
function pastOf({ node, table, history }: ImportedModel): readonly string[] {
  if (history === undefined) return [];
  const names =
    'valid_from and valid_to here, the current version has null and is_current; models of dbt read them by their old names';
  return [
    `snapshot ${node.name} keeps versions from the first run on: those of before stay in the database of dbt; dbt_valid_from and dbt_valid_to of ${table} are ${names}`,
  ];
}
