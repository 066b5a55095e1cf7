import type { DataType } from '../../core/schema.ts';
import { quoteName, quoteText } from '../../core/sql-text.ts';
import { sameType } from '../../core/type-policy.ts';

/** SQL that gives the fields inside a value the names that they have in files. Both types are the same but for names. */
export function storedValue(value: string, type: DataType, stored: DataType, depth = 0): string {
  if (typeof type === 'string' || typeof stored === 'string' || sameType(type, stored)) return value;
  const item = `_v${depth}`;
  if (type.type === 'array' && stored.type === 'array') {
    const inner = storedValue(item, type.elementType, stored.elementType, depth + 1);
    return `list_transform(${value}, lambda ${item}: ${inner})`;
  }
  if (type.type === 'map' && stored.type === 'map') {
    const key = storedValue(`${item}.key`, type.keyType, stored.keyType, depth + 1);
    const entry = storedValue(`${item}.value`, type.valueType, stored.valueType, depth + 1);
    const entries = `list_transform(map_entries(${value}), lambda ${item}: {'key': ${key}, 'value': ${entry}})`;
    return `CASE WHEN ${value} IS NULL THEN NULL ELSE map_from_entries(${entries}) END`;
  }
  if (type.type !== 'struct' || stored.type !== 'struct') return value;
  const fields = type.fields.map((field, i) => {
    const as = stored.fields[i] ?? field;
    const inner = storedValue(`struct_extract(${value}, ${quoteText(field.name)})`, field.type, as.type, depth);
    return `${quoteName(as.name)} := ${inner}`;
  });
  return `CASE WHEN ${value} IS NULL THEN NULL ELSE struct_pack(${fields.join(', ')}) END`;
}
