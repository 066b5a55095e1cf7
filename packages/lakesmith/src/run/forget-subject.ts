import { LakeError } from '../core/errors.ts';
import { renderType } from '../core/render-type.ts';
import type { Column } from '../core/schema.ts';
import { ProjectLineage } from '../project/lineage.ts';
import type { BoundProject } from '../project/model.ts';

/** Rows of a table by the values of some of its columns, as they were asked for. */
export interface NamedRows {
  readonly table: string;
  readonly values: Readonly<Record<string, string>>;
}

/** The same in a source, where rows come into the lake. */
export interface RootRows {
  readonly table: string;
  readonly columns: readonly string[];
  /** As the engine writes them as text. */
  readonly values: readonly string[];
  readonly hasText: readonly boolean[];
}

/** Columns of a table that hold, unchanged, what the columns of a source hold by which its rows are told. */
export interface Carrier {
  readonly table: string;
  readonly columns: readonly string[];
  readonly root: RootRows;
}

type NamedColumns = readonly { readonly column: string; readonly value: string }[];

/** The rows of sources that named rows come from. LS3305 where they do not come from there unchanged. */
export function rootsOf(bound: BoundProject, named: readonly NamedRows[]): readonly RootRows[] {
  const lineage = new ProjectLineage(bound);
  const roots = new Map<string, RootRows>();
  for (const { table, values } of named) {
    const columns = Object.entries(values).map(([column, value]) => ({ column, value }));
    for (const root of walkUp({ bound, lineage, asked: table }, table, columns))
      roots.set(JSON.stringify([root.table, root.columns, root.values]), root);
  }
  return [...roots.values()];
}

interface Way {
  readonly bound: BoundProject;
  readonly lineage: ProjectLineage;
  /** The table that the user named. */
  readonly asked: string;
}

function walkUp(way: Way, name: string, columns: NamedColumns): readonly RootRows[] {
  const { bound, lineage, asked } = way;
  const table = bound.project.tables.get(name);
  if (table?.kind === 'reference')
    throw refused(asked, `${name} is ${table.csv}, a file of the project: take the rows out of it, and run`);
  if (table?.kind === 'model' && table.modelKind === 'view' && name === asked)
    throw refused(asked, `${name} is a view, which has no rows of its own: name the table that it shows`);
  if (table?.kind === 'source') return [rootOf(bound, name, columns)];
  const origins = columns.map(({ column, value }) => {
    const origin = lineage.table(name)?.columns.find((one) => one.name.toLowerCase() === column.toLowerCase());
    if (origin?.same !== true || origin.from.length === 0)
      throw refused(asked, `${column} of ${name} is computed, so it does not tell rows of a source: name a source`);
    return { value, from: origin.from };
  });
  const above = new Set(origins.flatMap(({ from }) => from.map((use) => use.table)));
  return [...above].flatMap((input) => {
    const inInput = origins.flatMap(({ value, from }) => {
      const use = from.find((one) => one.table === input);
      return use === undefined ? [] : [{ column: use.column, value }];
    });
    if (inInput.length < columns.length)
      throw refused(asked, `its columns come from several tables: name each source with its own columns`);
    return walkUp(way, input, inInput);
  });
}

function rootOf({ schemas }: BoundProject, table: string, columns: NamedColumns): RootRows {
  const schema = schemas.get(table) ?? [];
  const found = columns.map(({ column, value }) => {
    const typed = schema.find(({ name }) => name.toLowerCase() === column.toLowerCase());
    if (typed === undefined)
      throw refused(table, `${table} has no column ${column}: it has ${schema.map(({ name }) => name).join(', ')}`);
    return { typed, text: textOf(table, typed, value) };
  });
  return {
    table,
    columns: found.map(({ typed }) => typed.name),
    values: found.map(({ text }) => text),
    hasText: found.map(({ typed }) => typed.type === 'string'),
  };
}

const wholeTypes: readonly unknown[] = ['long', 'integer', 'short', 'byte'];

/** A value as the engine writes it: only of types of which there is one way to do so. */
function textOf(table: string, { name, type }: Column, value: string): string {
  const isFit =
    (type === 'string' && value !== '') ||
    (wholeTypes.includes(type) && /^-?\d{1,19}$/.test(value)) ||
    (type === 'date' && /^\d{4}-\d{2}-\d{2}$/.test(value));
  if (isFit) return type === 'string' || type === 'date' ? value : String(BigInt(value));
  if (type === 'string' || type === 'date' || wholeTypes.includes(type))
    throw new LakeError('LS4001', `'${value}' is no value of ${table}.${name}, which is ${renderType(type)}.`);
  throw refused(table, `${name} is ${renderType(type)}: rows are forgotten by columns of text, whole numbers or dates`);
}

/** Every table that has the columns of the roots, the roots first. */
export function carriersOf(bound: BoundProject, roots: readonly RootRows[]): readonly Carrier[] {
  const lineage = new ProjectLineage(bound);
  const carriers: Carrier[] = roots.map((root) => ({ table: root.table, columns: root.columns, root }));
  // Inputs come before what is made of them.
  for (const { name, kind } of bound.project.tables.values()) {
    const columns = kind === 'model' ? lineage.table(name)?.columns : undefined;
    if (columns === undefined) continue;
    for (const above of [...carriers]) {
      const choices = above.columns.map((column) =>
        columns
          .filter(({ same, from }) => same && from.some((use) => isColumn(use, above.table, column)))
          .map((one) => one.name),
      );
      for (const chosen of product(choices)) carriers.push({ table: name, columns: chosen, root: above.root });
    }
  }
  const all = carriers.map((one): [string, Carrier] => [JSON.stringify([one.table, one.columns, one.root]), one]);
  return [...new Map(all).values()];
}

function isColumn(use: { readonly table: string; readonly column: string }, table: string, column: string): boolean {
  return use.table === table && use.column.toLowerCase() === column.toLowerCase();
}

/** One of each, in all ways; none where one has no choice. */
function product(choices: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return choices.reduce<readonly (readonly string[])[]>(
    (made, names) => made.flatMap((before) => names.map((name) => [...before, name])),
    [[]],
  );
}

function refused(table: string, why: string): LakeError {
  return new LakeError('LS3305', `Rows of ${table} cannot be forgotten so: ${why}.`, { context: { table } });
}
