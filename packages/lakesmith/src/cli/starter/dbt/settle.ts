import type { Diagnostic } from '../../../core/errors.ts';
import type { Examination } from '../../../project/examine.ts';
import type { ProjectFiles } from '../../../project/files.ts';
import { memoryProjectFiles } from '../../../project/files.ts';
import { importChecks, orderTables, testedTable, wishesOfTests } from './checks.ts';
import type { ImportedCheck } from './checks.ts';
import type { ImportedInput } from './inputs.ts';
import type { DbtManifest } from './manifest.ts';
import type { ImportedModel, LeftOut, Translated } from './models.ts';
import { withoutTables } from './models.ts';
import { shown } from './names.ts';
import { wishesOfConstraints, wishesOfFreshness } from './promises.ts';
import type { TableSettings } from './settings.ts';
import { modelFiles } from './settings.ts';
import type { ImportedUnitTest, UnitTestContext } from './unit-tests.ts';
import { importUnitTests } from './unit-tests.ts';

/** What may become a project. */
export interface Candidates {
  readonly folder: string;
  readonly manifest: DbtManifest;
  readonly names: ReadonlyMap<string, string>;
  readonly translated: ReadonlyMap<string, Translated>;
  readonly fixtures: UnitTestContext['fixtures'];
  readonly models: readonly ImportedModel[];
  readonly inputs: readonly ImportedInput[];
}

/** What is one. */
export interface Settled {
  readonly files: Readonly<Record<string, string>>;
  readonly models: readonly ImportedModel[];
  readonly inputs: readonly ImportedInput[];
  readonly tests: readonly ImportedUnitTest[];
  readonly leftOut: readonly LeftOut[];
}

type Examine = (files: ProjectFiles, fresh: boolean) => Promise<Examination>;

/** Leaves out models, then tests of data, then unit tests, that `check` finds something wrong with, until it finds nothing. */
export async function settle(candidates: Candidates, examine: Examine): Promise<Settled> {
  const leftOut: LeftOut[] = [];
  let { models, inputs } = candidates;
  let tests: readonly ImportedUnitTest[] = [];
  const look = async (settings: ReadonlyMap<string, TableSettings>): Promise<Examination> => {
    const data = Object.assign({}, ...inputs.map((input) => input.data)) as ImportedInput['data'];
    const files = { ...filesOf({ models, inputs, tests }, settings), ...data };
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
      leftOut.push({
        what: `${one.node.resource_type} ${one.node.name}`,
        why: `it reads ${shown(reads)}, which is not imported`,
      });
  };
  drop(new Map());
  let seen = await look(new Map());
  for (let wrong = byTable(seen); wrong.size > 0; wrong = byTable(seen)) {
    drop(wrong);
    seen = await look(new Map());
  }
  const settings = settingsOf({ ...candidates, models, inputs }, seen, leftOut);
  const columnsOf: UnitTestContext['columnsOf'] = (table) => seen.bound?.schemas.get(table)?.map(({ name }) => name);
  const written = importUnitTests({ ...candidates, models, columnsOf });
  leftOut.push(...written.leftOut);
  tests = written.tests;
  for (let wrong = byTable(await look(settings)); wrong.size > 0; wrong = byTable(await look(settings))) {
    for (const [table, finding] of wrong) {
      const test = tests.find(({ file }) => tableOf(file) === table);
      if (test !== undefined) {
        leftOut.push({ what: `unit test ${test.name}`, why: said(finding) });
        tests = tests.filter((one) => one !== test);
        continue;
      }
      const { checks = [], columns } = settings.get(table) ?? {};
      const gone = atFault(checks, finding);
      for (const { what } of gone) leftOut.push({ what, why: said(finding) });
      if (checks.length === 0) settings.delete(table);
      else settings.set(table, { checks: checks.filter((check) => !gone.includes(check)), columns });
    }
  }
  return { files: filesOf({ models, inputs, tests }, settings), models, inputs, tests, leftOut };
}

const projectText = 'lakesmith: 1\nname: dbt\nlake: ./lake\ntimezone: UTC\n';

function filesOf(
  { models, inputs, tests }: Pick<Settled, 'models' | 'inputs' | 'tests'>,
  settings: ReadonlyMap<string, TableSettings>,
): Readonly<Record<string, string>> {
  const parts = [
    ...inputs.map((input) => input.files(settings.get(input.table))),
    ...models.map((model) => modelFiles(model, settings.get(model.table))),
    ...tests.map(({ file, text }) => ({ [file]: text })),
  ];
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

/** The first finding of each table that has one. */
function byTable({ diagnostics }: Examination): ReadonlyMap<string, Diagnostic> {
  const found = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const table = tableOf(diagnostic.place?.file ?? '');
    if (!found.has(table)) found.set(table, diagnostic);
  }
  return found;
}

function tableOf(file: string): string {
  return file.replace(/\.\w+$/, '').replace('/', '.');
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
  const references = tests.flatMap((test): [string, string][] => {
    const from = testedTable(test, names);
    const found = translated.get(test.unique_id);
    if (test.test_metadata?.name !== 'relationships' || from === undefined || found?.ok !== true) return [];
    return found.inputs.filter((to) => to !== from).map((to) => [from, to]);
  });
  const order = orderTables(reads, references);
  const context = { order, names, translated };
  const imported = importChecks([
    ...wishesOfTests(tests, context),
    ...wishesOfConstraints(manifest, context),
    ...wishesOfFreshness(manifest, context),
  ]);
  leftOut.push(...imported.leftOut);
  return new Map(
    order.map((table) => {
      const columns = bound?.schemas.get(table)?.map(({ name }) => name);
      const checks: readonly ImportedCheck[] = imported.checks.get(table) ?? [];
      return [table, { checks, columns }];
    }),
  );
}
