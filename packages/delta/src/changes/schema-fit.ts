import { DeltaError } from '../errors.ts';
import { type TableShape, mappingMode, storedName } from '../mapping/stored-columns.ts';
import { isWidening } from '../mapping/type-changes.ts';
import type { DataType, StructField } from '../types.ts';

const FIELD_ID = 'delta.columnMapping.id';

/**
 * Refuses ('changes-unavailable') a version whose rows cannot all be shown in the columns of the end of a range: columns may have
 * been added if they are nullable, types widened and NOT NULL dropped; nothing else.
 */
export function checkFits(older: TableShape, end: TableShape, version: number): void {
  const fit = new Fit(older, end, version);
  const [before, after] = [older.metadata.partitionColumns, end.metadata.partitionColumns];
  if (before.length !== after.length || before.some((name, index) => name !== after[index])) {
    throw fit.refuse(
      before.find((name) => !after.includes(name)) ?? after[0] ?? '',
      'the table was partitioned otherwise',
    );
  }
  fit.checkFields(older.schema.fields, end.schema.fields, '');
}

class Fit {
  readonly #modes: { readonly older: 'none' | 'name' | 'id'; readonly end: 'none' | 'name' | 'id' };
  readonly #version: number;

  constructor(older: TableShape, end: TableShape, version: number) {
    this.#modes = { older: mappingMode(older), end: mappingMode(end) };
    this.#version = version;
  }

  refuse(column: string, what: string): DeltaError {
    return new DeltaError(
      'changes-unavailable',
      `The changes of version ${this.#version} do not fit the columns of the end of the range: ${what} (column ${column}). Read the versions before and after such a change apart.`,
      { context: { version: this.#version, column } },
    );
  }

  checkFields(older: readonly StructField[], end: readonly StructField[], where: string): void {
    const before = new Map(older.map((field) => [field.name, field]));
    for (const field of end) {
      const path = where === '' ? field.name : `${where}.${field.name}`;
      const old = before.get(field.name);
      before.delete(field.name);
      if (old === undefined) {
        if (!field.nullable) throw this.refuse(path, 'it was added and is NOT NULL');
      } else this.#checkField(old, field, path);
    }
    for (const name of before.keys()) {
      throw this.refuse(where === '' ? name : `${where}.${name}`, 'it was dropped or renamed');
    }
  }

  #checkField(older: StructField, end: StructField, path: string): void {
    const { older: olderMode, end: endMode } = this.#modes;
    if (storedName(older, olderMode) !== storedName(end, endMode))
      throw this.refuse(path, 'it is another column of that name');
    if (endMode === 'id' && (olderMode === 'none' || older.metadata[FIELD_ID] !== end.metadata[FIELD_ID])) {
      throw this.refuse(path, 'it is another column of that name');
    }
    if (older.nullable && !end.nullable) throw this.refuse(path, 'it became NOT NULL');
    this.#checkType(older.type, end.type, path);
  }

  #checkType(older: DataType, end: DataType, path: string): void {
    if (older === 'void') return;
    if (typeof older === 'string' || typeof end === 'string') {
      if (typeof older === 'string' && typeof end === 'string' && isWidening(older, end)) return;
      throw this.refuse(path, `its type was ${nameOf(older)} and became ${nameOf(end)}`);
    }
    if (older.type === 'struct' && end.type === 'struct') this.checkFields(older.fields, end.fields, path);
    else if (older.type === 'array' && end.type === 'array') {
      if (older.containsNull && !end.containsNull) throw this.refuse(`${path}.element`, 'it became NOT NULL');
      this.#checkType(older.elementType, end.elementType, `${path}.element`);
    } else if (older.type === 'map' && end.type === 'map') {
      if (older.valueContainsNull && !end.valueContainsNull) throw this.refuse(`${path}.value`, 'it became NOT NULL');
      this.#checkType(older.keyType, end.keyType, `${path}.key`);
      this.#checkType(older.valueType, end.valueType, `${path}.value`);
    } else throw this.refuse(path, `its type was ${nameOf(older)} and became ${nameOf(end)}`);
  }
}

function nameOf(type: DataType): string {
  return typeof type === 'string' ? type : type.type;
}
