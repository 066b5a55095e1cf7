import { freeName } from '../core/free-name.ts';
import type { Column, DataType } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { RowPlaces } from '../engine/engine.ts';

/** What is called what is known of rows beside their own columns. */
export interface RowMarks extends RowPlaces {
  /** How much more often one relation has a row than the other, below zero where the other has more; and how often the other has it. */
  readonly more: string;
  readonly lost: string;
  readonly side: string;
  /** Of rows that are counted, or numbered. */
  readonly count: string;
}

/** Marks of rows with these columns, none of which is called the same. */
export function rowMarks(columns: readonly Column[]): RowMarks {
  const free = (wanted: string): string =>
    freeName(
      wanted,
      columns.map(({ name }) => name),
    );
  return {
    file: free('__ls_file'),
    position: free('__ls_position'),
    more: free('_more'),
    lost: free('_lost'),
    side: free('_side'),
    count: free('_count'),
  };
}

/** Where the rows of one side of a balance lie: columns that come with them. */
export interface Placed {
  readonly relation: string;
  /** Beside the columns that are compared; of rows that are alike, any of theirs. */
  readonly beside?: readonly string[];
}

/**
 * The rows that one relation has more often than the other, by these columns, with the marks `more` and `lost`. Values are the same when they
 * cannot be told apart, so that -0.0 is not 0.0.
 */
export function rowBalance(columns: readonly Column[], one: Placed, other: Placed): string {
  const marks = rowMarks(columns);
  const names = columns.map(({ name }) => quoteName(name));
  const beside = other.beside ?? [];
  const side = ({ relation }: Placed, more: 1 | -1): string => {
    const items = [
      ...names,
      ...(more === 1 ? beside.map((name) => `null as ${name}`) : beside),
      `${more} as ${marks.side}`,
    ];
    return `select ${items.join(', ')} from ${relation}`;
  };
  const same = columns.flatMap((column) => identityItems(column, quoteName(column.name)));
  const items = columns.map((column, i) =>
    holdsFloat(column.type) ? `any_value(${names[i]}) as ${names[i]}` : names[i],
  );
  const shown = [
    ...items,
    ...beside.map((name) => `any_value(${name}) as ${name}`),
    `sum(${marks.side})::bigint as ${marks.more}`,
    `count(*) filter (${marks.side} < 0) as ${marks.lost}`,
  ];
  const by = same.length === 0 ? '' : ` group by ${same.join(', ')}`;
  return `select ${shown.join(', ')} from (${side(one, 1)} union all ${side(other, -1)})${by} having sum(${marks.side}) <> 0`;
}

/** On what two rows are joined that cannot be told apart by these columns. */
export function sameRow(columns: readonly Column[], one: string, other: string): string {
  const equal = columns.flatMap((column) => {
    const [mine, theirs] = [one, other].map((alias) => identityItems(column, `${alias}.${quoteName(column.name)}`));
    return (mine ?? []).map((item, i) => `${item} is not distinct from ${theirs?.[i] ?? ''}`);
  });
  return equal.length === 0 ? 'true' : equal.join(' and ');
}

/** Rows of a balance, each as often as it is more. `most`: how often a row is more at most, where that is known. */
export function balancedRows(
  items: string,
  balance: string,
  { marks, sign, most }: { readonly marks: RowMarks; readonly sign: 1 | -1; readonly most?: number },
): string {
  const more = sign === 1 ? marks.more : `-${marks.more}`;
  const once = `select ${items} from ${balance} as o where ${more} > 0`;
  return most !== undefined && most <= 1
    ? once
    : `${once} union all select ${items} from ${balance} as o, range(1, ${more}) as __times(__time) where ${more} > 1`;
}

/** What rows are sorted by to be in the order of a column, whose values stay what they are. */
export function sortItem({ name, type }: Column): string {
  return holdsFloat(type) ? `[${quoteName(name)}]` : quoteName(name);
}

/**
 * Expressions that are equal just when two values of a column are the same. Of numbers with a point the engine takes -0.0 for 0.0, and gives
 * the one for the other where rows are sorted by it: so none of them is the column itself.
 */
export function identityItems({ type }: Column, sql: string): readonly string[] {
  if (!holdsFloat(type)) return [sql];
  const text = `cast(${sql} as varchar)`;
  // The text of a list of texts may be that of another.
  return typeof type === 'string' ? [text] : [`[${sql}]`, text];
}

/** Whether numbers with a point are somewhere in it that are no decimals. */
export function holdsFloat(type: DataType): boolean {
  if (typeof type === 'string') return type === 'double' || type === 'float';
  switch (type.type) {
    case 'array':
      return holdsFloat(type.elementType);
    case 'map':
      return holdsFloat(type.keyType) || holdsFloat(type.valueType);
    case 'struct':
      return type.fields.some((field) => holdsFloat(field.type));
  }
}
