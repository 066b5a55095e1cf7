import { count } from '../../core/quantity.ts';
import { LakeError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { ColumnTag } from '../../project/column-tags.ts';
import { ColumnTags } from '../../project/column-tags.ts';
import type { NamedProject } from '../../project/lineage.ts';
import { ProjectLineage } from '../../project/lineage.ts';
import type { Project } from '../../project/model.ts';
import { reachOfColumns } from '../../plan/reach.ts';
import { selectTables } from '../../plan/selection.ts';
import { prepareNames } from '../../run/prepare.ts';
import type { ColumnUse } from '../../sql/lineage.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';

/** Shows where the columns of a table, or one of them, come from, and what comes from them. */
export async function lineage(name: string, options: CommonOptions): Promise<number> {
  const act = async (bench: Workbench): Promise<number> => {
    const table = tableIn(name, bench.project);
    const named = await prepareNames(bench, [...selectTables(bench.project, [`${table}+`])]);
    const all = new ProjectLineage(named);
    const tags = new ColumnTags(named);
    const tagsOf = (use: ColumnUse): readonly ColumnTag[] => tags.of(use.table, use.column.split('.', 1)[0] ?? '');
    const columns = columnsCalled(name, table, named);
    if (options.json === true) {
      printJson(
        columns.map((column) => ({
          ...column,
          tags: tagsOf(column),
          up: treeUp(column, all),
          down: treeDown(column, all),
        })),
      );
      return 0;
    }
    for (const column of columns) {
      print([textOf(column), ...tagsOf(column).map((tag) => tagText(tag))].join('   '));
      for (const line of linesOf(treeUp(column, all), '← ')) print(line);
      for (const line of linesOf(treeDown(column, all), '→ ')) print(line);
    }
    const [first] = columns;
    const rows = first === undefined ? [] : (all.table(first.table)?.rows ?? []);
    if (rows.length > 0) print(`rows by  ${rows.map(textOf).join(', ')}`);
    const [only] = columns.length === 1 ? columns : [];
    const decided = only === undefined ? [] : all.decidedBy(only);
    if (decided.length > 0) print(`decides on the rows of  ${decided.join(', ')}`);
    if (columns.length > 1) print(count(columns.length, 'column'));
    return 0;
  };
  const table = name.toLowerCase().split('.', 2).join('.');
  return await withWorkbench(options, act, { about: reachOfColumns(name), words: [table] });
}

/** '#pii of silver.customers.email'. */
function tagText({ tag, from }: ColumnTag): string {
  return `#${tag} of ${textOf(from)}`;
}

/** The table whose name, or whose column's, this is. */
function tableIn(name: string, project: Project): string {
  const tables = [...project.tables.keys()];
  const lower = name.toLowerCase();
  const table = tables
    .filter((one) => lower === one.toLowerCase() || lower.startsWith(`${one.toLowerCase()}.`))
    .sort((a, b) => b.length - a.length)[0];
  if (table !== undefined) return table;
  const near = nearestName(name, tables);
  const hint = near === undefined ? 'name a table such as gold.sales, or a column of one' : `Did you mean ${near}?`;
  throw new LakeError('LS4003', `Nothing in this project is called ${name}`, { hint });
}

/** gold.sales: all of its columns; gold.sales.revenue: one; gold.sales.address.city: a field of one. */
function columnsCalled(name: string, table: string, { schemas }: NamedProject): readonly ColumnUse[] {
  const columns = schemas.get(table)?.map((column) => column.name);
  if (columns === undefined)
    throw new LakeError(
      'LS4003',
      `The columns of ${table} are not known: a source of it has nothing that can be loaded yet.`,
    );
  const wanted = name.slice(table.length + 1);
  if (wanted === '') return columns.map((column) => ({ table, column }));
  const [first = '', ...path] = wanted.split('.');
  const found = columns.find((column) => column.toLowerCase() === first.toLowerCase());
  if (found !== undefined) return [{ table, column: [found, ...path].join('.') }];
  const near = nearestName(first, columns);
  throw new LakeError(
    'LS3003',
    `${table} has no column ${first}${near === undefined ? `: it has ${columns.join(', ')}.` : `; did you mean ${near}?`}`,
  );
}

/** A column, and the columns that it leads to. */
interface Branch extends ColumnUse {
  /** The value itself, and not computed from it; only on the way up. */
  readonly same?: boolean;
  /** TypeScript makes it, so it may be of this column or not. */
  readonly opaque?: true;
  /** Where it leads stands at an earlier branch. */
  readonly again?: true;
  readonly next: readonly Branch[];
}

type Step = (column: ColumnUse) => readonly (ColumnUse & Pick<Branch, 'same' | 'opaque'>)[];

/** Each column is followed once, since ways part and meet again. */
function branchesOf(column: ColumnUse, step: Step, seen: Set<string> = new Set()): readonly Branch[] {
  return step(column).map((use): Branch => {
    const { size } = seen;
    if (seen.add(textOf(use)).size > size) return { ...use, next: branchesOf(use, step, seen) };
    return step(use).length === 0 ? { ...use, next: [] } : { ...use, again: true, next: [] };
  });
}

function treeUp(column: ColumnUse, all: ProjectLineage): readonly Branch[] {
  return branchesOf(column, ({ table, column: name }) => {
    const [first = '', ...path] = name.split('.');
    const origin = all.table(table)?.columns.find((one) => one.name.toLowerCase() === first.toLowerCase());
    const same = origin?.same === true;
    return (origin?.from ?? []).map((use) => ({
      table: use.table,
      column: same ? [use.column, ...path].join('.') : use.column,
      same,
      ...(origin?.opaque === true ? { opaque: true } : {}),
    }));
  });
}

function treeDown(column: ColumnUse, all: ProjectLineage): readonly Branch[] {
  return branchesOf(column, (one) => all.readersOf(one));
}

function linesOf(branches: readonly Branch[], arrow: string, indent = '  '): readonly string[] {
  return branches.flatMap((branch) => [
    `${indent}${arrow}${textOf(branch)}${howText(branch)}${branch.again === true ? '  …' : ''}`,
    ...linesOf(branch.next, arrow, `${indent}  `),
  ]);
}

function howText({ same, opaque }: Branch): string {
  if (opaque === true) return '  (TypeScript)';
  return same === false ? '  (computed)' : '';
}

function textOf({ table, column }: ColumnUse): string {
  return `${table}.${column}`;
}
