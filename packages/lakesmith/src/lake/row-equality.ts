import { LakeError } from '../core/errors.ts';
import type { Column, DataType } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';

/** Where the rows of one side of a balance lie: columns that come with them. */
export interface Placed {
  readonly relation: string;
  /** Beside the columns that are compared; of rows that are alike, any of theirs. */
  readonly beside?: readonly string[];
}

/**
 * The rows that one relation has more often than the other, by these columns: `_more` says how much more often, below zero where the other has
 * more, and `_lost` how often the other has them. Values are the same when they cannot be told apart, so that -0.0 is not 0.0.
 */
export function rowBalance(columns: readonly Column[], one: Placed, other: Placed): string {
  refuseMarks(columns);
  const names = columns.map(({ name }) => quoteName(name));
  const beside = other.beside ?? [];
  const side = ({ relation }: Placed, more: 1 | -1): string => {
    const items = [...names, ...(more === 1 ? beside.map((name) => `null as ${name}`) : beside), `${more} as _side`];
    return `select ${items.join(', ')} from ${relation}`;
  };
  const same = columns.flatMap((column) => identityItems(column, quoteName(column.name)));
  const items = columns.map((column, i) =>
    holdsFloat(column.type) ? `any_value(${names[i]}) as ${names[i]}` : names[i],
  );
  const shown = [
    ...items,
    ...beside.map((name) => `any_value(${name}) as ${name}`),
    'sum(_side)::bigint as _more',
    'count(*) filter (_side < 0) as _lost',
  ];
  const by = same.length === 0 ? '' : ` group by ${same.join(', ')}`;
  return `select ${shown.join(', ')} from (${side(one, 1)} union all ${side(other, -1)})${by} having sum(_side) <> 0`;
}

/** What is known of a row stands beside its own columns: one that is called the same would be taken for it. */
function refuseMarks(columns: readonly Column[]): void {
  const own = columns.find(({ name }) => /^_(?:file|position|more|lost|side)$/i.test(name));
  if (own === undefined) return;
  const why = `rows with a column ${own.name} cannot be told apart here: rename it to have them kept up by parts`;
  throw new LakeError('LS4001', why, { context: { column: own.name } });
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
export function balancedRows(items: string, balance: string, { sign, most }: { sign: 1 | -1; most?: number }): string {
  const more = sign === 1 ? '_more' : '-_more';
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
