import type { Column, DataType } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';

/**
 * The rows, as `o`, that one relation has and the other has not, compared by these columns: each as often as the first has more of them.
 * Values are the same when they cannot be told apart, so that -0.0 is not 0.0.
 */
export function rowsUnlike(columns: readonly Column[], one: string, other: string): string {
  const numbered = (relation: string): string => {
    const same = columns.flatMap((column) => identityItems(column, quoteName(column.name)));
    const by = same.length === 0 ? '' : `partition by ${same.join(', ')}`;
    return `(select *, row_number() over (${by}) as _nth from ${relation})`;
  };
  const equal = columns.flatMap((column) => {
    const [mine, theirs] = ['o', 'f'].map((alias) => identityItems(column, `${alias}.${quoteName(column.name)}`));
    return (mine ?? []).map((item, i) => `${item} is not distinct from ${theirs?.[i] ?? ''}`);
  });
  return `${numbered(one)} as o anti join ${numbered(other)} as f on ${[...equal, 'o._nth = f._nth'].join(' and ')}`;
}

/** What rows are sorted by to be in the order of a column, whose values stay what they are. */
export function sortItem({ name, type }: Column): string {
  return holdsFloat(type) ? `[${quoteName(name)}]` : quoteName(name);
}

/**
 * Expressions that are equal just when two values of a column are the same. Of numbers with a point the engine takes -0.0 for 0.0, and gives
 * the one for the other where rows are sorted by it: so none of them is the column itself.
 */
function identityItems({ type }: Column, sql: string): readonly string[] {
  if (!holdsFloat(type)) return [sql];
  const text = `cast(${sql} as varchar)`;
  // The text of a list of texts may be that of another.
  return typeof type === 'string' ? [text] : [`[${sql}]`, text];
}

function holdsFloat(type: DataType): boolean {
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
