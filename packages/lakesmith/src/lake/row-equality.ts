import type { Column, DataType } from '../core/schema.ts';

/**
 * Expressions that are equal for two values of a column just when these are the same value: of numbers with a point, the engine
 * takes -0.0 for 0.0.
 */
export function identityItems(column: Column, sql: string): readonly string[] {
  return holdsFloat(column.type) ? [sql, `cast(${sql} as varchar)`] : [sql];
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
