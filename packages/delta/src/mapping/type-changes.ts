import { DeltaError } from '../errors.ts';
import type { DataType, StructField, StructType } from '../types.ts';

const TYPE_CHANGES = 'delta.typeChanges';
const FIELD_PATH = /^(?:element|key|value)(?:\.(?:element|key|value))*$/;

/**
 * Refuses a schema one of whose columns went through a change of type that is no widening of the protocol (PROTOCOL.md, Type
 * Widening): files from before could not be read as what it is now.
 */
export function checkTypeChanges(schema: StructType): void {
  for (const field of schema.fields) checkField(field, field.name);
}

function checkField(field: StructField, path: string): void {
  const changes = field.metadata[TYPE_CHANGES];
  if (changes !== undefined && changes !== null) {
    if (!Array.isArray(changes)) throw invalid(path);
    for (const change of changes) checkChange(change, path);
  }
  checkType(field.type, path);
}

function checkType(type: DataType, path: string): void {
  if (typeof type === 'string') return;
  if (type.type === 'struct') for (const field of type.fields) checkField(field, `${path}.${field.name}`);
  else if (type.type === 'array') checkType(type.elementType, `${path}.element`);
  else {
    checkType(type.keyType, `${path}.key`);
    checkType(type.valueType, `${path}.value`);
  }
}

function checkChange(change: unknown, path: string): void {
  if (typeof change !== 'object' || change === null) throw invalid(path);
  const from = 'fromType' in change ? change.fromType : undefined;
  const to = 'toType' in change ? change.toType : undefined;
  const at = 'fieldPath' in change && change.fieldPath !== null ? change.fieldPath : undefined;
  if (typeof from !== 'string' || typeof to !== 'string') throw invalid(path);
  if (at !== undefined && (typeof at !== 'string' || !FIELD_PATH.test(at))) throw invalid(path);
  if (isWidening(from, to)) return;
  const column = at === undefined ? path : `${path}.${at}`;
  throw new DeltaError(
    'unsupported-feature',
    `This table cannot be read, because the type of its column ${column} was changed from ${from} to ${to}, which is no widening that is known.`,
    { context: { features: 'typeWidening', column } },
  );
}

const INTEGERS: readonly string[] = ['byte', 'short', 'integer', 'long'];
/** Digits before the point that hold every value of a type. */
const INTEGER_DIGITS: Readonly<Record<string, number>> = { byte: 3, short: 5, integer: 10, long: 20 };

/** True when every value of one type is a value of the other by the rules of the protocol, and for equal types. */
export function isWidening(from: string, to: string): boolean {
  if (from === to) return true;
  const before = decimal(from);
  const after = decimal(to);
  if (before !== undefined) {
    return after !== undefined && after.scale >= before.scale && after.whole >= before.whole;
  }
  const rank = INTEGERS.indexOf(from);
  if (rank >= 0) {
    if (after !== undefined) return after.whole >= (INTEGER_DIGITS[from] ?? Number.POSITIVE_INFINITY);
    return to === 'double' ? from !== 'long' : INTEGERS.indexOf(to) > rank;
  }
  return (from === 'float' && to === 'double') || (from === 'date' && to === 'timestamp_ntz');
}

function decimal(type: string): { whole: number; scale: number } | undefined {
  const match = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type);
  return match === null ? undefined : { whole: Number(match[1]) - Number(match[2]), scale: Number(match[2]) };
}

function invalid(column: string): DeltaError {
  return new DeltaError('invalid-schema', `The column ${column} has a ${TYPE_CHANGES} that cannot be understood.`, {
    context: { column },
  });
}
