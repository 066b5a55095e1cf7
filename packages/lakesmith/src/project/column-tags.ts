import type { ColumnUse } from '../sql/lineage.ts';
import type { NamedProject } from './lineage.ts';
import { ProjectLineage } from './lineage.ts';
import type { Project } from './model.ts';

/** A tag that a column has, and the column whose settings give it. */
export interface ColumnTag {
  readonly tag: string;
  readonly from: ColumnUse;
}

/** Values of columns with this tag are shown to nobody who does not ask for them. */
const maskedTag = 'pii';

/** What is shown in place of a masked value. */
export const mask = '•••';

/**
 * The tags of columns: those that its settings give, and those of the columns that it comes from. What tells nothing of a value,
 * such as a hash or a count, has no tag of it.
 */
export class ColumnTags {
  readonly #bound: NamedProject;
  #lineage: ProjectLineage | undefined;
  readonly #known: Map<string, readonly ColumnTag[]> = new Map();

  constructor(bound: NamedProject) {
    this.#bound = bound;
  }

  of(table: string, column: string): readonly ColumnTag[] {
    const key = `${table} ${column.toLowerCase()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#lineage ??= new ProjectLineage(this.#bound);
    const origins = this.#lineage.table(table)?.columns ?? [];
    const inherited = (origins.find(({ name }) => name.toLowerCase() === column.toLowerCase())?.from ?? [])
      .filter(({ veiled }) => veiled !== true)
      .flatMap((use) => this.of(use.table, topOf(use.column)));
    const all = [...this.#given(table, column), ...inherited];
    const tags = [...new Map(all.map((one) => [`${one.tag} ${one.from.table} ${one.from.column}`, one])).values()];
    this.#known.set(key, tags);
    return tags;
  }

  /** The columns of a table whose values are not for everybody. */
  masked(table: string): ReadonlySet<string> {
    return this.maskedAmong(
      table,
      (this.#bound.schemas.get(table) ?? []).map(({ name }) => name),
    );
  }

  /** The same of columns that some version of the table has. Of those that the project no longer knows nobody can tell. */
  maskedAmong(table: string, columns: readonly string[]): ReadonlySet<string> {
    // Mostly nobody has said so of any, and then nothing has to be traced.
    if (!hidesColumns(this.#bound.project)) return new Set();
    const known = new Set((this.#bound.schemas.get(table) ?? []).map(({ name }) => name.toLowerCase()));
    const isMasked = (name: string): boolean => this.of(table, name).some(({ tag }) => tag === maskedTag);
    return new Set(columns.filter((name) => !known.has(name.toLowerCase()) || isMasked(name)));
  }

  #given(table: string, column: string): readonly ColumnTag[] {
    const notes = this.#bound.project.tables.get(table)?.columnNotes ?? new Map<string, { tags: readonly string[] }>();
    return [...notes]
      .filter(([name]) => name.toLowerCase() === column.toLowerCase())
      .flatMap(([, { tags }]) => tags.map((tag): ColumnTag => ({ tag, from: { table, column } })));
  }
}

/** Whether values of any column are not for everybody. */
export function hidesColumns({ tables }: Project): boolean {
  return [...tables.values()].some(({ columnNotes }) =>
    [...columnNotes.values()].some(({ tags }) => tags.includes(maskedTag)),
  );
}

/** 'address' of 'address.city'. */
function topOf(column: string): string {
  return column.split('.', 1)[0] ?? column;
}

/** Rows with the values of some of their columns hidden. */
export function maskedRows<T>(
  { columns, rows }: { readonly columns: readonly string[]; readonly rows: readonly (readonly T[])[] },
  hidden: ReadonlySet<string>,
): { readonly columns: readonly string[]; readonly rows: readonly (readonly (T | string)[])[] } {
  if (hidden.size === 0) return { columns, rows };
  const isHidden = columns.map((name) => hidden.has(name));
  return {
    columns,
    rows: rows.map((row) => row.map((value, i) => (isHidden[i] === true && value !== null ? mask : value))),
  };
}

/** A row with the values of some of its columns hidden; the row itself when none of them is there. */
export function maskedRow<T>(
  row: Readonly<Record<string, T>>,
  hidden: ReadonlySet<string>,
): Readonly<Record<string, T | string>> {
  if (!Object.keys(row).some((name) => hidden.has(name))) return row;
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, hidden.has(name) && value !== null ? mask : value]),
  );
}
