import type { Column } from '../../core/schema.ts';
import type { SqlCompiler, SqlPlan } from '../compiler.ts';
import { isNode } from '../tree.ts';
import type { DerivedColumns } from './derived-columns.ts';
import { deriveColumns } from './derived-columns.ts';
import type { Obstacle } from './determinism.ts';
import type { NodeFacts } from './facts.ts';
import type { Folded, FoldShape } from './fold.ts';
import type { Leaf } from './key-map.ts';
import { nameOccurrences, occurrenceName } from './occurrences.ts';
import type { PlanFacts, PlannedTable } from './plan-facts.ts';
import { groupedRows } from './grouped-rows.ts';
import { groupedName, planFacts } from './plan-facts.ts';
import type { ProvenKey } from './proven-keys.ts';
import { keysOf, LeafPrinter, rowKeysOf, unshownOf } from './proven-keys.ts';
import { tieName } from './tied-rows.ts';
import type { Tie } from './ties.ts';
import { countOfTies, mayBeTied, tiesIn } from './ties.ts';

/** A table that a SELECT reads, as far as refreshing the SELECT's rows goes. */
export interface ProvenInput {
  readonly columns: readonly Column[];
  /** Sets of columns of which no two rows share the values and none is NULL. */
  readonly unique: readonly (readonly string[])[];
}

/** What is proven of a SELECT once, whatever its inputs hold. It is plain data. */
export interface RefreshProof {
  /** The SELECT, with a name (`occurrenceName`) for each mention of a table. */
  readonly sql: string;
  /** By number of the mention, the table. */
  readonly occurrences: readonly string[];
  /** The tables, each once; what is about a part of the SELECT has those of all of it. */
  readonly inputs: readonly string[];
  readonly leaves: readonly ProvenLeaf[];
  /** Output columns that say which rows of the inputs matter to a row. */
  readonly keys: readonly ProvenKey[];
  /** What would be such columns if it were shown, by leaf, as a column of the leaf's table. */
  readonly unshown: readonly (readonly [leaf: Leaf, column: string])[];
  /** Leaves that the rows are a sum of, and which others must give nothing meanwhile. */
  readonly linear: readonly (readonly [leaf: Leaf, silenced: readonly Leaf[]])[];
  /** Sets of output columns that no two rows share. */
  readonly unique: readonly (readonly number[])[];
  readonly obstacles: readonly Obstacle[];
  /** What came can be added to its rows, and what went taken away; else why not. */
  readonly fold: Folded<ProvenFold>;
  /** Where the outermost SELECT groups rows: the same of these rows, and the leaf that they count as. */
  readonly grouped?: GroupedProof;
  /** Of those that are ties: how to ask how many there are, over the same names; those that cannot be asked are not here. */
  readonly ties: readonly TieQuestion[];
}

/** Rows that are groups, and the leaves that what is grouped is a sum of. */
export interface ProvenFold extends FoldShape, Pick<RefreshProof, 'linear'> {
  readonly derived: DerivedColumns;
  /** By what what is grouped follows leaves that it is no sum of: as if these keys were the columns of a table. */
  readonly rows: { readonly keys: readonly ProvenKey[]; readonly columns: readonly Column[] };
}

/** The rows that a SELECT groups, and what is proven of them. */
interface GroupedProof {
  /** The leaf that they count as. */
  readonly leaf: Leaf;
  /** Keys are only of columns that the SELECT reads anyway. */
  readonly proof: RefreshProof;
  /** What they have; first what is grouped by. */
  readonly columns: readonly Column[];
}

/** How many groups of rows are equal in an order and not otherwise: SQL that gives one number. */
export interface TieQuestion {
  readonly what: string;
  readonly sql: string;
  /** What is asked first, since it is cheap: a number that is 0 only where the other is. */
  readonly first?: string;
}

interface ProvenLeaf {
  /** -1: it is what the outermost SELECT groups. */
  readonly occurrence: number;
  /** Columns of the table that are read. */
  readonly columns: readonly string[];
  /** Sets of them of which no two rows of the table share the values. */
  readonly unique: readonly (readonly string[])[];
}

export type { ProvenKey } from './proven-keys.ts';

export type ProofResult =
  | { readonly ok: true; readonly proof: RefreshProof }
  /** The engine does not show what it would do, or not in a way that can be trusted. */
  | { readonly ok: false; readonly why: string };

/** Proves what it can of the SELECT of a tree; `inputs` are all that it reads, by name in lower case. */
export async function proveRefresh(
  compiler: Pick<SqlCompiler, 'print' | 'plan' | 'bind'>,
  {
    tree,
    inputs,
    timezone,
  }: { readonly tree: unknown; readonly inputs: ReadonlyMap<string, ProvenInput>; readonly timezone: string },
): Promise<ProofResult> {
  const named = nameOccurrences(tree, new Set(inputs.keys()));
  const [plain = '', sql = ''] = await compiler.print([tree, named.tree]);
  const tables = new Map<string, readonly Column[]>();
  const planned = new Map<string, PlannedTable>();
  for (const [name, { columns }] of inputs) tables.set(name, columns);
  for (const [occurrence, table] of named.tables.entries()) {
    const input = inputs.get(table);
    if (input === undefined) continue;
    tables.set(occurrenceName(occurrence), input.columns);
    planned.set(occurrenceName(occurrence), plannedTable(input));
  }
  const [asWritten, asNamed] = await compiler.plan([plain, sql], tables, timezone);
  if (asWritten?.ok !== true || asNamed?.ok !== true) return { ok: false, why: whyNot(asWritten, asNamed) };
  if (shapeOf(asWritten.plan) !== shapeOf(asNamed.plan))
    return { ok: false, why: 'the engine reads the SELECT otherwise when its tables have other names' };
  const grouped = await proveGrouped(compiler, { tree, inputs, timezone });
  if (grouped !== undefined) tables.set(groupedName, grouped.columns);
  const facts = planFacts(asNamed.plan, planned, grouped?.groups);
  const leaf = facts.leaves.findIndex(({ occurrence }) => occurrence === groupedName);
  const mentioned = [...new Set(named.tables)];
  const numberOf = new Map(named.tables.map((_, i) => [occurrenceName(i), i]));
  const leaves = facts.leaves.map(({ occurrence, columns }): ProvenLeaf => {
    const names = tables.get(occurrence) ?? [];
    const read = columns.flatMap((i) => names[i]?.name ?? []);
    const number = numberOf.get(occurrence) ?? -1;
    const unique = inputs.get(named.tables[number] ?? '')?.unique ?? [];
    return {
      occurrence: number,
      columns: read,
      unique: unique.filter((set) => set.every((name) => read.includes(name))),
    };
  });
  const printer = new LeafPrinter(facts.leaves, tables);
  const { root, fold } = facts;
  const followed = fold.ok ? fold.followed : [];
  await printer.confirm([...root.keys.entries(), ...followed], compiler, timezone);
  return {
    ok: true,
    proof: {
      sql,
      occurrences: named.tables,
      inputs: mentioned,
      ...(grouped === undefined || leaf < 0
        ? {}
        : { grouped: groupedProof(leaf, grouped, { leaves, inputs: mentioned, occurrences: named.tables }) }),
      leaves,
      keys: keysOf(root.keys.entries(), printer),
      unshown: unshownOf(root, printer),
      linear: linearOf(root.linear),
      fold: await provenFold(compiler, { fold, printer, timezone }),
      unique: root.unique,
      obstacles: facts.obstacles,
      ties: await tieQuestions(compiler, named.tree, { obstacles: facts.obstacles, tables, timezone }),
    },
  };
}

async function provenFold(
  compiler: Pick<SqlCompiler, 'plan'>,
  { fold, printer, timezone }: Pick<PlanFacts, 'fold'> & { readonly printer: LeafPrinter; readonly timezone: string },
): Promise<Folded<ProvenFold>> {
  if (!fold.ok) return fold;
  const { groups, measures } = fold.shape;
  const derived = await deriveColumns(compiler, fold.shape, timezone);
  if (!derived.ok) return derived;
  const { columns, parts } = derived;
  const rows = rowKeysOf(fold.followed, printer);
  return { ok: true, groups, measures, derived: { columns, parts }, linear: linearOf(fold.linear), rows };
}

function linearOf(linear: NodeFacts['linear']): RefreshProof['linear'] {
  return [...linear].map(([leaf, silenced]) => [leaf, [...silenced]]);
}

/** As part of the proof of the SELECT: with its inputs, and keys that are seen in what changes of them. */
function groupedProof(
  leaf: Leaf,
  { proof, columns }: Pick<GroupedProof, 'proof' | 'columns'>,
  all: Pick<RefreshProof, 'leaves' | 'inputs' | 'occurrences'>,
): GroupedProof {
  const isRead = (own: Leaf, column: string): boolean => {
    const table = proof.occurrences[proof.leaves[own]?.occurrence ?? -1];
    return all.leaves.some((one) => all.occurrences[one.occurrence] === table && one.columns.includes(column));
  };
  const keys = proof.keys.map((key) => {
    const unread = new Set(key.plain.flatMap(([own, column]) => (isRead(own, column) ? [] : [own])));
    return {
      ...key,
      at: key.at.filter(([own]) => !unread.has(own)),
      plain: key.plain.filter(([own]) => !unread.has(own)),
    };
  });
  return { leaf, columns, proof: { ...proof, inputs: all.inputs, keys: keys.filter(({ at }) => at.length > 0) } };
}

/** What is proven of the rows that the outermost SELECT groups, and their columns under the names that they have in a refresh. */
async function proveGrouped(
  compiler: Pick<SqlCompiler, 'print' | 'plan' | 'bind'>,
  { tree, inputs, timezone }: Parameters<typeof proveRefresh>[1],
): Promise<{ readonly proof: RefreshProof; readonly groups: number; readonly columns: readonly Column[] } | undefined> {
  const tables = new Map([...inputs].map(([name, { columns }]) => [name, columns]));
  const binds = async (one: unknown): Promise<boolean> => {
    const [sql = ''] = await compiler.print([one]);
    return (await compiler.bind(sql, tables, timezone)).ok;
  };
  const rows = await groupedRows(tree, binds);
  if (rows === undefined) return undefined;
  const [sql = ''] = await compiler.print([rows.tree]);
  const bound = await compiler.bind(sql, tables, timezone);
  const result = bound.ok ? await proveRefresh(compiler, { tree: rows.tree, inputs, timezone }) : undefined;
  if (!bound.ok || result?.ok !== true) return undefined;
  const columns = bound.columns.map((column, i) => ({ ...column, name: `c${i}` }));
  return { proof: result.proof, groups: rows.groups, columns };
}

/** For each tie of which every place where it may come from can be asked about. */
async function tieQuestions(
  compiler: Pick<SqlCompiler, 'print' | 'plan'>,
  tree: unknown,
  about: {
    readonly obstacles: readonly Obstacle[];
    readonly tables: ReadonlyMap<string, readonly Column[]>;
    readonly timezone: string;
  },
): Promise<readonly TieQuestion[]> {
  const questions: TieQuestion[] = [];
  const found = about.obstacles.some(({ kind }) => kind === 'ties') ? tiesIn(tree) : [];
  for (const { kind, what } of about.obstacles) {
    const rows = found.filter(({ names }) => names.includes(tieName(what))).map((tie) => tie.rows);
    const asked = rows.filter((one) => one !== undefined);
    if (kind !== 'ties' || asked.length === 0 || asked.length < rows.length) continue;
    const printed = await compiler.print(asked.map((one) => one.tree));
    const counts = asked.map(({ equalIn }, i) => countOfTies(printed[i] ?? '', equalIn));
    const sql = `select coalesce(sum(ties), 0) from (${counts.join(' union all ')})`;
    const first = await firstQuestion(compiler, asked);
    const [plan, cheaper] = await compiler.plan([sql, ...first], about.tables, about.timezone);
    if (plan?.ok === true) questions.push({ what, sql, ...(cheaper?.ok === true ? { first: first[0] } : {}) });
  }
  return questions;
}

/** None where there is nothing cheaper to ask of one of them. */
async function firstQuestion(
  compiler: Pick<SqlCompiler, 'print'>,
  asked: readonly NonNullable<Tie['rows']>[],
): Promise<readonly string[]> {
  const known = asked.flatMap(({ wider, equalIn }) =>
    wider === undefined || equalIn === undefined ? [] : [{ wider, equalIn }],
  );
  if (known.length < asked.length) return [];
  const printed = await compiler.print(known.map(({ wider }) => wider));
  const rows = known.map(({ equalIn }, i) => `(${mayBeTied(printed[i] ?? '', equalIn)})`);
  return [`select count(*) from (${rows.join(' union all ')})`];
}

function plannedTable({ columns, unique }: ProvenInput): PlannedTable {
  const numbers = unique.map((set) => set.map((name) => columns.findIndex((column) => column.name === name)));
  return { width: columns.length, unique: numbers.filter((set) => set.every((index) => index >= 0)) };
}

function whyNot(...plans: readonly (SqlPlan | undefined)[]): string {
  const refused = plans.find((plan) => plan?.ok === false);
  return refused?.ok === false ? `the engine does not show its plan: ${refused.message}` : 'there is no plan';
}

/** The plan without what depends on names and places only. */
function shapeOf(plan: unknown): string {
  return JSON.stringify(plan, (key, value: unknown) => {
    if (key === 'query_location' || key === 'alias') return undefined;
    if (key !== 'function_data' || !isNode(value)) return value;
    // Which table it is, its columns tell: there are no rows.
    return { ...value, table: '', schema: '', catalog: '' };
  });
}
