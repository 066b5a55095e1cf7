import type { Snapshot } from '../snapshot.ts';
import type { DataType, StructType } from '../types.ts';
import { mappingMode } from '../mapping/stored-columns.ts';
import type { Findings } from './finding.ts';

const MAX_COLUMN_ID = 'delta.columnMapping.maxColumnId';

/** Checks partition columns, and what column mapping needs. */
export function checkColumns(snapshot: Snapshot, findings: Findings): void {
  const { schema, metadata, version } = snapshot;
  for (const name of metadata.partitionColumns) {
    const type = schema.fields.find((field) => field.name === name)?.type;
    if (typeof type === 'object') {
      const message = `The partition column ${name} is of the type ${type.type}, which has no text form.`;
      findings.add({ rule: 'partition-column', severity: 'error', version, message });
    }
  }
  if (mappingMode(snapshot) !== 'none') checkMapping(snapshot, findings);
}

function checkMapping(snapshot: Snapshot, findings: Findings): void {
  const { version } = snapshot;
  const max = Number(snapshot.metadata.configuration[MAX_COLUMN_ID]);
  const ids = new Set<unknown>();
  const tell = (rule: string, message: string): void => findings.add({ rule, severity: 'error', version, message });
  for (const { path, struct } of structs(snapshot.schema, '')) {
    const names = new Set<unknown>();
    for (const field of struct.fields) {
      const id = field.metadata['delta.columnMapping.id'];
      const name = field.metadata['delta.columnMapping.physicalName'];
      const column = `${path}${field.name}`;
      if (typeof id !== 'number' || !Number.isSafeInteger(id)) {
        tell('column-id-missing', `The column ${column} has no column mapping id.`);
      } else if (ids.has(id))
        tell('column-id-twice', `The column ${column} has the id ${id}, which another column has.`);
      else if (!Number.isNaN(max) && id > max) {
        tell(
          'column-id-above-maximum',
          `The column ${column} has the id ${id}, above the table's ${MAX_COLUMN_ID} ${max}.`,
        );
      }
      if (typeof name !== 'string' || name === '') {
        tell('physical-name-missing', `The column ${column} has no physical name.`);
      } else if (names.has(name)) {
        tell('physical-name-twice', `The column ${column} has the physical name ${name}, which another column has.`);
      }
      ids.add(id);
      names.add(name);
    }
  }
}

/** Every struct of a type, with the path of its fields. */
function* structs(type: DataType, path: string): Generator<{ readonly path: string; readonly struct: StructType }> {
  if (typeof type === 'string') return;
  if (type.type === 'array') yield* structs(type.elementType, `${path}element.`);
  else if (type.type === 'map') {
    yield* structs(type.keyType, `${path}key.`);
    yield* structs(type.valueType, `${path}value.`);
  } else {
    yield { path, struct: type };
    for (const field of type.fields) yield* structs(field.type, `${path}${field.name}.`);
  }
}
