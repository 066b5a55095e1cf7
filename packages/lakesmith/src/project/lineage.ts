import type { ColumnUse } from '../sql/lineage.ts';
import { columnLineage } from '../sql/lineage.ts';
import { validityColumns } from './bind.ts';
import type { BoundProject, ModelTable } from './model.ts';

/** A column of a table of the project, and which columns of other tables it comes from. */
interface ColumnOrigin {
  readonly name: string;
  readonly from: readonly ColumnUse[];
  /** It has the values of those columns themselves. */
  readonly same: boolean;
}

export interface TableLineage {
  readonly table: string;
  readonly columns: readonly ColumnOrigin[];
  /** Columns that decide which rows the table has. */
  readonly rows: readonly ColumnUse[];
}

/** Which columns of a project come from which. */
export class ProjectLineage {
  readonly #tables: ReadonlyMap<string, TableLineage>;
  /** By table, who has something of which of its columns. */
  readonly #readers: Map<string, { readonly use: ColumnUse; readonly reader: ColumnUse }[]> = new Map();

  /** Tables whose columns are not known yet are left out. */
  constructor(bound: BoundProject) {
    this.#tables = new Map(
      [...bound.project.tables.values()].flatMap((table) => {
        const names = bound.schemas.get(table.name)?.map(({ name }) => name);
        if (names === undefined) return [];
        const lineage = table.kind === 'model' ? lineageOfModel(table, names, bound) : ofSource(table.name, names);
        return [[table.name, lineage] as const];
      }),
    );
    for (const { table, columns } of this.#tables.values()) {
      for (const { name, from } of columns) {
        for (const use of from) {
          const readers = this.#readers.get(use.table) ?? [];
          readers.push({ use, reader: { table, column: name } });
          this.#readers.set(use.table, readers);
        }
      }
    }
  }

  /** Where the columns of a table come from; undefined when they are not known. */
  table(name: string): TableLineage | undefined {
    return this.#tables.get(name);
  }

  /** The columns that have something of this one, in the order of the tables. */
  readersOf(column: ColumnUse): readonly ColumnUse[] {
    const readers = (this.#readers.get(column.table) ?? []).filter(({ use }) => touches(use, column));
    return [...new Map(readers.map(({ reader }) => [`${reader.table} ${reader.column}`, reader])).values()];
  }

  /** The tables whose rows are others when this column is. */
  decidedBy(column: ColumnUse): readonly string[] {
    return [...this.#tables.values()]
      .filter(({ rows }) => rows.some((use) => touches(use, column)))
      .map(({ table }) => table);
  }
}

function lineageOfModel(model: ModelTable, names: readonly string[], { schemas }: BoundProject): TableLineage {
  const tables = new Map([...schemas.keys()].map((name) => [name.toLowerCase(), name]));
  const columnsOf = (name: string): readonly string[] | undefined =>
    schemas.get(tables.get(name.toLowerCase()) ?? name)?.map((column) => column.name);
  const selected = model.modelKind === 'history' ? names.slice(0, -validityColumns.length) : names;
  const { columns, rows } = columnLineage(model.tree, columnsOf, selected);
  const known = (uses: readonly ColumnUse[]): readonly ColumnUse[] =>
    uses.map((use) => ({ ...use, table: tables.get(use.table.toLowerCase()) ?? use.table }));
  const added = names.slice(selected.length).map((name): ColumnOrigin => ({ name, from: [], same: false }));
  return {
    table: model.name,
    columns: [...columns.map(({ name, from, same }) => ({ name, from: known(from), same })), ...added],
    rows: known(rows),
  };
}

function ofSource(table: string, names: readonly string[]): TableLineage {
  return { table, columns: names.map((name) => ({ name, from: [], same: false })), rows: [] };
}

/** One is the other, a field of it, or what it is a field of. */
function touches(use: ColumnUse, wanted: ColumnUse): boolean {
  const [a, b] = [use.column.toLowerCase(), wanted.column.toLowerCase()];
  return use.table === wanted.table && (a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`));
}
