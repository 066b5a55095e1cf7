import type { Constant } from '@lakesmith/delta';
import type { DataType } from '../core/schema.ts';
import { isNode, nodeAt, textAt } from './tree.ts';
import type { TreeNode } from './tree.ts';

/** A constant of a statement: its value exactly, and the type that it has there. */
interface Literal {
  readonly type: string;
  readonly value: Constant;
}

/**
 * The constant in the form in which a column of this type is compared with it; undefined when the engine would convert one of
 * the two in a way that might change it, or when this is no constant.
 */
export function constantFor(node: TreeNode, type: DataType, timezone: string): Constant | undefined {
  const literal = literalOf(node);
  if (literal === undefined || typeof type !== 'string') return undefined;
  if (literal.value === null) return null;
  const text = literal.type === 'VARCHAR' ? String(literal.value) : undefined;
  switch (type) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return text === undefined ? exactOf(literal) : wholeOf(text);
    case 'float':
    case 'double':
      return text === undefined && isNumeric(literal) ? literal.value : undefined;
    case 'string':
      return text;
    case 'boolean':
      return literal.type === 'BOOLEAN' ? literal.value : undefined;
    case 'date':
      return isDay(literal) ? literal.value : undefined;
    case 'timestamp':
      return instantOf(literal, timezone);
    case 'timestamp_ntz':
      return literal.type === 'TIMESTAMP' || text !== undefined ? localOf(String(literal.value)) : undefined;
    default:
      return type.startsWith('decimal') && text === undefined ? exactOf(literal) : undefined;
  }
}

const integers: ReadonlySet<string> = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UBIGINT']);

function exactOf({ type, value }: Literal): Constant | undefined {
  return integers.has(type) || type === 'DECIMAL' ? value : undefined;
}

function isNumeric({ type }: Literal): boolean {
  return integers.has(type) || ['DECIMAL', 'DOUBLE', 'FLOAT'].includes(type);
}

// Other texts are rounded to a whole number.
function wholeOf(text: string): Constant | undefined {
  return /^-?\d{1,18}$/.test(text) ? BigInt(text) : undefined;
}

function isDay({ type, value }: Literal): boolean {
  return (type === 'DATE' || type === 'VARCHAR') && /^\d{4}-\d\d-\d\d$/.test(String(value));
}

const zone = /(?:Z|[+-]\d\d(?::?\d\d)?)$/;

function instantOf({ type, value }: Literal, timezone: string): Constant | undefined {
  if (type !== 'TIMESTAMP WITH TIME ZONE' && type !== 'VARCHAR') return undefined;
  const text = String(value);
  if (zone.test(text.slice(10))) return text;
  return timezone === 'UTC' ? `${text.length === 10 ? `${text} 00:00:00` : text}+00` : undefined;
}

function localOf(text: string): Constant | undefined {
  if (zone.test(text.slice(10))) return undefined;
  return text.length === 10 ? `${text} 00:00:00` : text;
}

function literalOf(node: TreeNode): Literal | undefined {
  if (node['type'] === 'OPERATOR_CAST') return castOf(node);
  const constant = node['type'] === 'VALUE_CONSTANT' ? nodeAt(node, 'value') : undefined;
  if (constant === undefined) return undefined;
  const info = nodeAt(constant, 'type') ?? {};
  const type = textAt(info, 'id');
  if (constant['is_null'] === true) return { type, value: null };
  const value = plainValue(constant['value']);
  if (value === undefined) return undefined;
  if (type !== 'DECIMAL') return { type, value };
  const scale = nodeAt(info, 'type_info')?.['scale'];
  return typeof scale === 'number' ? { type, value: decimalText(String(value), scale) } : undefined;
}

/** A text that is cast to a type, which is how dates and truth values are written; casts of others may change them. */
function castOf(node: TreeNode): Literal | undefined {
  const child = nodeAt(node, 'child');
  const inner = child === undefined ? undefined : literalOf(child);
  const type = textAt(nodeAt(node, 'cast_type') ?? {}, 'id');
  if (inner === undefined || node['try_cast'] === true) return undefined;
  if (integers.has(inner.type) && integers.has(type)) return inner;
  if (inner.type !== 'VARCHAR' || typeof inner.value !== 'string') return undefined;
  if (type === 'BOOLEAN') return /^[tf]$/.test(inner.value) ? { type, value: inner.value === 't' } : undefined;
  if (['DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'VARCHAR'].includes(type)) return { type, value: inner.value };
  return undefined;
}

function plainValue(value: unknown): Constant | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (!isNode(value)) return undefined;
  const exact = value['$number'];
  if (typeof exact === 'string' && /^-?\d+$/.test(exact)) return BigInt(exact);
  // Whole numbers of floating point: 1000.0.
  if (typeof exact === 'string' && Number.isFinite(Number(exact))) return Number(exact);
  // 128 bits stand in two halves.
  const [upper, lower] = [plainValue(value['upper']), plainValue(value['lower'])];
  const isWhole = (half: Constant | undefined): half is number | bigint =>
    typeof half === 'bigint' || (typeof half === 'number' && Number.isSafeInteger(half));
  return isWhole(upper) && isWhole(lower) ? (BigInt(upper) << 64n) + BigInt(lower) : undefined;
}

function decimalText(unscaled: string, scale: number): string {
  if (scale === 0) return unscaled;
  const digits = unscaled.replace('-', '').padStart(scale + 1, '0');
  return `${unscaled.startsWith('-') ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
