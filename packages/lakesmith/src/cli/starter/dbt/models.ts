import type { SqlCompiler } from '../../../sql/compiler.ts';
import { selectFacts } from '../../../sql/facts.ts';
import type { TableReference } from '../../../sql/references.ts';
import type { DbtManifest, DbtNode } from './manifest.ts';
import { compile } from './manifest.ts';
import { shown } from './names.ts';
import { renameRelations } from './relations.ts';
import type { SnapshotHistory } from './snapshots.ts';
import { asDbtReadsIt, historyOfSnapshot, withDate } from './snapshots.ts';

/** Something of a dbt project that is not in the lakesmith project, and why. */
export interface LeftOut {
  /** 'model dice'. */
  readonly what: string;
  readonly why: string;
}

/** A dbt model as a lakesmith model. */
export interface ImportedModel {
  readonly node: DbtNode;
  /** 'silver.stg_orders'. */
  readonly table: string;
  readonly sql: string;
  /** Tables that it reads, by their lakesmith names. */
  readonly inputs: readonly string[];
  /** Of a snapshot: how the versions of its rows are told apart. */
  readonly history?: SnapshotHistory;
  /** It reads the moment of the run, so that it has to be made anew each time. */
  readonly usesNow: boolean;
}

/** SQL of dbt with lakesmith's names in it, or why it has none. */
export type Translated =
  | {
      readonly ok: true;
      readonly sql: string;
      readonly tree: unknown;
      readonly inputs: readonly string[];
      readonly unknown: readonly string[];
    }
  | { readonly ok: false; readonly why: string };

/** Translates compiled SQL: the names of dbt's relations become those of tables. `snapshots`: by the name of their table. */
export async function translate(
  nodes: readonly DbtNode[],
  tableOf: (reference: TableReference, written: string) => string | undefined,
  snapshots: ReadonlyMap<string, DbtNode>,
  compiler: Pick<SqlCompiler, 'parse'>,
): Promise<ReadonlyMap<string, Translated>> {
  const texts = nodes.map((node) => node.compiled_code.trim().replace(/[\s;]+$/, ''));
  const parsed = await compiler.parse(texts);
  return new Map(
    nodes.map((node, i): [string, Translated] => {
      const parse = parsed[i];
      const text = texts[i] ?? '';
      if (text === '') return [node.unique_id, { ok: false, why: `it has no compiled SQL: ${compile}` }];
      if (parse?.ok !== true)
        return [node.unique_id, { ok: false, why: `DuckDB does not read its SQL: ${firstLine(parse?.message ?? '')}` }];
      const inputs = new Set<string>();
      const named = (reference: TableReference, written: string): string | undefined => {
        const table = tableOf(reference, written);
        if (table !== undefined) inputs.add(table);
        return table;
      };
      const { sql, unknown } = renameRelations(text, parse.tree, named, (table) => {
        const snapshot = snapshots.get(table);
        return snapshot === undefined ? undefined : asDbtReadsIt(snapshot, table, text);
      });
      return [node.unique_id, { ok: true, sql, tree: parse.tree, inputs: [...inputs], unknown }];
    }),
  );
}

/** How the SQL of a dbt project calls its tables. */
export function relationNames(
  { nodes, sources }: DbtManifest,
  names: ReadonlyMap<string, string>,
): (reference: TableReference, written: string) => string | undefined {
  const byName = new Map<string, string>();
  for (const { unique_id: id, relation_name: relation, database, schema, alias, identifier } of [
    ...nodes,
    ...sources,
  ]) {
    // What has no table here keeps its name, so that who reads it can be told of it.
    const table = names.get(id) ?? id;
    const last = identifier === '' ? alias : identifier;
    if (relation === '') continue;
    byName.set(relation.toLowerCase(), table);
    byName.set([database, schema, last].join('.').toLowerCase(), table);
    byName.set(['', schema, last].join('.').toLowerCase(), table);
  }
  return ({ catalog, schema, name }, written) =>
    byName.get([catalog, schema, name].join('.').toLowerCase()) ?? byName.get(written.toLowerCase());
}

/** The models that can be imported, and the others with the reason. */
export function importModels(
  manifest: DbtManifest,
  names: ReadonlyMap<string, string>,
  translated: ReadonlyMap<string, Translated>,
): { readonly models: readonly ImportedModel[]; readonly leftOut: readonly LeftOut[] } {
  const models: ImportedModel[] = [];
  const leftOut: LeftOut[] = [];
  for (const node of manifest.nodes) {
    const table = names.get(node.unique_id);
    if (!/^(model|snapshot)$/.test(node.resource_type) || table === undefined) continue;
    const found = translated.get(node.unique_id);
    const history = node.resource_type === 'snapshot' ? historyOfSnapshot(node) : undefined;
    const why = whyNot(node, table, found) ?? (history !== undefined && 'why' in history ? history.why : undefined);
    if (why !== undefined || found?.ok !== true)
      leftOut.push({ what: `${node.resource_type} ${node.name}`, why: why ?? '' });
    else {
      const { sql, inputs, tree } = found;
      const { usesNow } = selectFacts(tree);
      if (history === undefined || 'why' in history) models.push({ node, table, sql, inputs, usesNow });
      else models.push({ node, table, sql: withDate(sql, history), inputs, usesNow, history });
    }
  }
  return { models: withViews(models), leftOut };
}

/** A view is put in where it is read, and the moment that it reads with it. */
function withViews(models: readonly ImportedModel[]): readonly ImportedModel[] {
  const byTable = new Map(models.map((model) => [model.table, model]));
  const known = new Map<string, boolean>();
  const usesNow = ({ table, inputs, usesNow: itself }: ImportedModel): boolean => {
    const found = known.get(table);
    if (found !== undefined) return found;
    known.set(table, itself);
    const uses =
      itself ||
      inputs.some((input) => {
        const model = byTable.get(input);
        return model?.node.config.materialized === 'view' && usesNow(model);
      });
    known.set(table, uses);
    return uses;
  };
  return models.map((model) => ({ ...model, usesNow: usesNow(model) }));
}

const known = /^(table|view|incremental|materialized_view|external|snapshot|)$/;

function whyNot(node: DbtNode, table: string, found: Translated | undefined): string | undefined {
  if (node.language === 'python') return 'it is Python: write it as a SELECT';
  const materialized = node.config.materialized ?? '';
  if (!known.test(materialized)) return `it is materialized as ${materialized}, which its SQL alone does not say`;
  if (found?.ok !== true) return found?.why ?? `it has no compiled SQL: ${compile}`;
  if (found.inputs.includes(table)) return `its SQL is that of a later run, which reads its own table: ${compile}`;
  const [unknown] = found.unknown;
  if (unknown !== undefined) return `it reads ${unknown}, which is no table of the dbt project`;
  const others = found.inputs.filter((input, i) => i > 0 || !input.startsWith('bronze.'));
  if (node.resource_type === 'snapshot' && others.length > 0)
    return `it keeps versions of ${shown(others[0] ?? '')}, and kind: history of one source, as it came`;
  const [random] = selectFacts(found.tree).volatile;
  return random === undefined ? undefined : `${random.name} gives another result in each run`;
}

/** Without the tables that cannot be, and those that read them. */
export function withoutTables<T extends { readonly table: string; readonly inputs: readonly string[] }>(
  all: readonly T[],
  present: ReadonlySet<string>,
): { readonly kept: readonly T[]; readonly gone: readonly { readonly one: T; readonly reads: string }[] } {
  const tables = new Set([...present, ...all.map(({ table }) => table)]);
  const gone = new Map<T, string>();
  for (let before = -1; before !== gone.size;) {
    before = gone.size;
    for (const one of all) {
      const missing = one.inputs.find((input) => !tables.has(input));
      if (missing === undefined || gone.has(one)) continue;
      gone.set(one, missing);
      tables.delete(one.table);
    }
  }
  return { kept: all.filter((one) => !gone.has(one)), gone: [...gone].map(([one, reads]) => ({ one, reads })) };
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}
