import type { DataType } from './schema.ts';

/** A column's type in one line, in Delta's words: 'array<struct<sku string, qty long>>'. */
export function renderType(type: DataType): string {
  if (typeof type === 'string') return type;
  switch (type.type) {
    case 'array':
      return `array<${renderType(type.elementType)}>`;
    case 'map':
      return `map<${renderType(type.keyType)}, ${renderType(type.valueType)}>`;
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name} ${renderType(field.type)}`).join(', ')}>`;
  }
}
