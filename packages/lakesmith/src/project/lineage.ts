import type { ColumnsOf, ColumnUse, Lineage } from '../sql/lineage.ts';
import { columnLineage } from '../sql/lineage.ts';
import { withNamedViews } from '../sql/views.ts';
import { validityColumns } from './bind.ts';
import type { ModelTable, Project } from './model.ts';

/** A project of which the names of columns are known, as of a bound one. */
export interface NamedProject {
  readonly project: Project;
  readonly schemas: ReadonlyMap<string, readonly { readonly name: string }[] | undefined>;
  /** What was read off the syntax trees of models already. */
  readonly read?: ReadonlyMap<string, Lineage>;
}

/** A column of a table of the project, and which columns of other tables it comes from. */
interface ColumnOrigin {
  readonly name: string;
  readonly from: readonly ColumnUse[];
  /** It has the values of those columns themselves. */
  readonly same: boolean;
  /** It may come from any of them: nobody can see what TypeScript does. */
  readonly opaque?: true;
}

export interface TableLineage {
  readonly table: string;
  readonly columns: readonly ColumnOrigin[];
  /** Columns that decide which rows the table has. */
  readonly rows: readonly ColumnUse[];
}

/** Which columns of a project come from which. A table is looked at when somebody asks for it, since that takes its time. */
export class ProjectLineage {
  readonly #bound: NamedProject;
  readonly #known: Map<string, TableLineage | undefined> = new Map();
  #readers: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(bound: NamedProject) {
    this.#bound = bound;
  }

  /** Where the columns of a table come from; undefined when they are not known. */
  table(name: string): TableLineage | undefined {
    if (!this.#known.has(name)) this.#known.set(name, this.#look(name));
    return this.#known.get(name);
  }

  /** The columns that have something of this one, in the order of the tables. */
  readersOf(column: ColumnUse): readonly ColumnUse[] {
    return this.#readersOf(column.table).flatMap(({ table, columns }) =>
      columns
        .filter(({ from }) => from.some((use) => touches(use, column)))
        .map(({ name }): ColumnUse => ({ table, column: name })),
    );
  }

  /** The tables whose rows are others when this column is. */
  decidedBy(column: ColumnUse): readonly string[] {
    return this.#readersOf(column.table)
      .filter(({ rows }) => rows.some((use) => touches(use, column)))
      .map(({ table }) => table);
  }

  #look(name: string): TableLineage | undefined {
    const table = this.#bound.project.tables.get(name);
    const names = this.#bound.schemas.get(name)?.map((column) => column.name);
    if (table === undefined || names === undefined) return undefined;
    return table.kind === 'model' ? lineageOfModel(table, names, this.#bound) : ofSource(name, names);
  }

  #readersOf(table: string): readonly TableLineage[] {
    this.#readers ??= readersIn(this.#bound);
    return (this.#readers.get(table) ?? []).flatMap((reader) => this.table(reader) ?? []);
  }
}

/** By table, the models that read it. */
function readersIn({ project }: NamedProject): ReadonlyMap<string, readonly string[]> {
  const readers = new Map<string, string[]>();
  for (const table of project.tables.values()) {
    for (const input of table.kind === 'model' ? table.reads : []) {
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [table.name]);
      else known.push(table.name);
    }
  }
  return readers;
}

function lineageOfModel(model: ModelTable, names: readonly string[], named: NamedProject): TableLineage {
  const { schemas } = named;
  if (model.rows !== undefined) {
    const from = model.reads.flatMap((table) =>
      (schemas.get(table) ?? []).map(({ name }): ColumnUse => ({ table, column: name })),
    );
    return {
      table: model.name,
      columns: names.map((name) => ({ name, from, same: false, opaque: true })),
      rows: from,
    };
  }
  const selected = model.modelKind === 'history' ? names.slice(0, -validityColumns.length) : names;
  const { columns, rows } =
    named.read?.get(model.name) ?? columnLineage(withNamedViews(model.tree()), columnsRead(model, schemas), selected);
  const tables = new Map(model.reads.map((name) => [name.toLowerCase(), name]));
  const known = (uses: readonly ColumnUse[]): readonly ColumnUse[] =>
    uses.map((use) => ({ ...use, table: tables.get(use.table.toLowerCase()) ?? use.table }));
  const added = names.slice(selected.length).map((name): ColumnOrigin => ({ name, from: [], same: false }));
  return {
    table: model.name,
    columns: [...columns.map(({ name, from, same }) => ({ name, from: known(from), same })), ...added],
    rows: known(rows),
  };
}

/** The columns of what a model reads, by the name that stands in its SQL. */
export function columnsRead(model: ModelTable, schemas: NamedProject['schemas']): ColumnsOf {
  const tables = new Map(model.reads.map((name) => [name.toLowerCase(), name]));
  return (name) => schemas.get(tables.get(name.toLowerCase()) ?? name)?.map((column) => column.name);
}

function ofSource(table: string, names: readonly string[]): TableLineage {
  return { table, columns: names.map((name) => ({ name, from: [], same: false })), rows: [] };
}

/** One is the other, a field of it, or what it is a field of. */
function touches(use: ColumnUse, wanted: ColumnUse): boolean {
  const [a, b] = [use.column.toLowerCase(), wanted.column.toLowerCase()];
  return use.table === wanted.table && (a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`));
}
