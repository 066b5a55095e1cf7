import type { Diagnostic } from '../../../core/errors.ts';
import type { Examination } from '../../../project/examine.ts';
import type { ProjectFiles } from '../../../project/files.ts';
import { memoryProjectFiles } from '../../../project/files.ts';
import { importTests, orderTables, shown } from './checks.ts';
import type { ImportedCheck } from './checks.ts';
import type { ImportedInput } from './inputs.ts';
import type { DbtManifest } from './manifest.ts';
import type { ImportedModel, LeftOut, Translated } from './models.ts';
import { withoutTables } from './models.ts';
import type { TableSettings } from './settings.ts';
import { modelFiles } from './settings.ts';

/** What may become a project. */
export interface Candidates {
  readonly folder: string;
  readonly manifest: DbtManifest;
  readonly names: ReadonlyMap<string, string>;
  readonly translated: ReadonlyMap<string, Translated>;
  readonly models: readonly ImportedModel[];
  readonly inputs: readonly ImportedInput[];
}

/** What is one. */
export interface Settled {
  readonly files: Readonly<Record<string, string>>;
  readonly models: readonly ImportedModel[];
  readonly inputs: readonly ImportedInput[];
  readonly leftOut: readonly LeftOut[];
}

type Examine = (files: ProjectFiles, fresh: boolean) => Promise<Examination>;

/** Leaves out models, and then tests, that `check` finds something wrong with, until it finds nothing. */
export async function settle(candidates: Candidates, examine: Examine): Promise<Settled> {
  const leftOut: LeftOut[] = [];
  let { models, inputs } = candidates;
  const look = async (settings: ReadonlyMap<string, TableSettings>): Promise<Examination> => {
    const files = { ...filesOf(models, inputs, settings), ...Object.assign({}, ...inputs.map(({ data }) => data)) };
    return await examine(memoryProjectFiles({ ...files, 'lakesmith.yml': projectText }, candidates.folder), false);
  };
  const drop = (wrong: ReadonlyMap<string, Diagnostic>): void => {
    for (const { node, table } of [...models, ...inputs]) {
      const finding = wrong.get(table);
      if (finding !== undefined) leftOut.push({ what: shown(node.unique_id), why: said(finding) });
    }
    inputs = inputs.filter(({ table }) => !wrong.has(table));
    const present = new Set(inputs.map(({ table }) => table));
    const { kept, gone } = withoutTables(
      models.filter(({ table }) => !wrong.has(table)),
      present,
    );
    models = kept;
    for (const { one, reads } of gone)
      leftOut.push({ what: `model ${one.node.name}`, why: `it reads ${shown(reads)}, which is not imported` });
  };
  drop(new Map());
  let seen = await look(new Map());
  for (let wrong = byTable(seen); wrong.size > 0; wrong = byTable(seen)) {
    drop(wrong);
    seen = await look(new Map());
  }
  const settings = settingsOf({ ...candidates, models, inputs }, seen, leftOut);
  for (let wrong = byTable(await look(settings)); wrong.size > 0; wrong = byTable(await look(settings))) {
    for (const [table, finding] of wrong) {
      const { checks = [], columns } = settings.get(table) ?? {};
      const gone = atFault(checks, finding);
      for (const { test } of gone) leftOut.push({ what: `test ${test}`, why: said(finding) });
      if (checks.length === 0) settings.delete(table);
      else settings.set(table, { checks: checks.filter((check) => !gone.includes(check)), columns });
    }
  }
  return { files: filesOf(models, inputs, settings), models, inputs, leftOut };
}

const projectText = 'lakesmith: 1\nname: dbt\nlake: ./lake\ntimezone: UTC\n';

function filesOf(
  models: readonly ImportedModel[],
  inputs: readonly ImportedInput[],
  settings: ReadonlyMap<string, TableSettings>,
): Readonly<Record<string, string>> {
  const parts = [
    ...inputs.map((input) => input.files(settings.get(input.table))),
    ...models.map((model) => modelFiles(model, settings.get(model.table))),
  ];
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

/** The first finding of each table that has one. */
function byTable({ diagnostics }: Examination): ReadonlyMap<string, Diagnostic> {
  const found = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const table = (diagnostic.place?.file ?? '').replace(/\.\w+$/, '').replace('/', '.');
    if (!found.has(table)) found.set(table, diagnostic);
  }
  return found;
}

/** The check that the finding names; else those that are SQL, where most can be wrong; else all. */
function atFault(checks: readonly ImportedCheck[], { message }: Diagnostic): readonly ImportedCheck[] {
  const named = checks.filter(({ name }) => message.startsWith(`Check "${name}"`));
  const sql = checks.filter(({ kind }) => kind === 'sql');
  return [named, sql, checks].find((some) => some.length > 0) ?? [];
}

function said({ message, hint }: Diagnostic): string {
  return hint === undefined ? message : `${message} (${hint.replace(/\.$/, '')})`;
}

function settingsOf(
  { manifest, names, translated, models, inputs }: Candidates,
  { bound }: Examination,
  leftOut: LeftOut[],
): Map<string, TableSettings> {
  const reads = new Map([
    ...inputs.map(({ table }) => [table, []] as const),
    ...models.map(({ table, inputs: of }) => [table, of] as const),
  ]);
  const tests = manifest.nodes.filter(({ resource_type: type }) => type === 'test');
  const references = tests.flatMap(
    ({ attached_node: id, test_metadata: metadata, unique_id: test }): [string, string][] => {
      const from = names.get(id);
      const found = translated.get(test);
      if (metadata?.name !== 'relationships' || from === undefined || found?.ok !== true) return [];
      return found.inputs.filter((to) => to !== from).map((to) => [from, to]);
    },
  );
  const order = orderTables(reads, references);
  const imported = importTests(tests, { order, inputsOf: (table) => reads.get(table) ?? [], names, translated });
  leftOut.push(...imported.leftOut);
  return new Map(
    order.map((table) => {
      const known = bound?.schemas.get(table);
      const columns = known === undefined ? undefined : new Set(known.map(({ name }) => name.toLowerCase()));
      const checks: readonly ImportedCheck[] = imported.checks.get(table) ?? [];
      return [table, { checks, columns }];
    }),
  );
}
