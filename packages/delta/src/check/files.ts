import type { AddFile, DeletionVector } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { type Json, RawNumber, parseJson } from '../json.ts';
import { mappingMode, partitionKeys, storedName } from '../mapping/stored-columns.ts';
import { type TrustedPlaces, canonicalPath, locate } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import type { DataType, StructType } from '../types.ts';
import type { Findings } from './finding.ts';

type Tell = (rule: string, severity: 'error' | 'warning', message: string) => void;
type Fields = { readonly [key: string]: Json };

/** Checks every live file of the newest version: where it is, its partition values, statistics and deletion vector. */
export function checkFiles(snapshot: Snapshot, places: TrustedPlaces, findings: Findings): void {
  const { version } = snapshot;
  const keys = [...partitionKeys(snapshot).values()];
  const seen = new Map<string, string>();
  for (const add of snapshot.files.values()) {
    const { path } = add;
    const tell: Tell = (rule, severity, message) => findings.add({ rule, severity, version, path, message });
    const place = placeOf(path, places, tell);
    const other = seen.get(place);
    if (other === undefined) seen.set(place, path);
    else tell('file-twice', 'error', `The file ${path} is in the table twice, the other time as ${other}.`);
    for (const key of keys) {
      if (!Object.hasOwn(add.partitionValues, key)) {
        tell('partition-value-missing', 'error', `The file ${path} has no value for the partition column ${key}.`);
      }
    }
    checkStatistics(add, snapshot, tell);
  }
}

/** The same for every spelling of one file. */
function placeOf(path: string, places: TrustedPlaces, tell: Tell): string {
  try {
    const place = locate(path, places);
    if (place.kind === 'outside') return place.url;
    return place.path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/');
  } catch (error) {
    if (!(error instanceof DeltaError)) throw error;
    tell('path-outside', 'error', error.message);
    return canonicalPath(path);
  }
}

function checkStatistics(add: AddFile, snapshot: Snapshot, tell: Tell): void {
  const { path, deletionVector } = add;
  const stats = statisticsOf(add, tell);
  const rows = stats?.['numRecords'];
  if (rows !== undefined && (typeof rows !== 'number' || !Number.isSafeInteger(rows) || rows < 0)) {
    tell('row-count', 'error', `The statistics of ${path} have a numRecords that is no count.`);
  }
  if (deletionVector !== undefined) checkVector(path, deletionVector, { rows, tell });
  if (stats === undefined) return;
  for (const kind of ['minValues', 'maxValues']) {
    const bounds = stats[kind];
    if (bounds === undefined || bounds === null) continue;
    const wrong = isFields(bounds) ? wrongBound(bounds, snapshot.schema, mappingMode(snapshot)) : kind;
    if (wrong !== undefined) {
      tell(
        'bound-type',
        'warning',
        `The statistics of ${path} have ${kind} of another type than the column: ${wrong}.`,
      );
    }
  }
}

function statisticsOf({ path, stats }: AddFile, tell: Tell): Fields | undefined {
  if (stats === undefined || stats === '') return undefined;
  try {
    const value = parseJson(stats);
    if (isFields(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  tell('statistics-malformed', 'error', `The statistics of ${path} are not a JSON object.`);
  return undefined;
}

function checkVector(
  path: string,
  vector: DeletionVector,
  { rows, tell }: { rows: Json | undefined; tell: Tell },
): void {
  const { storageType, pathOrInlineDv: text, offset, sizeInBytes, cardinality } = vector;
  if (rows === undefined) {
    tell('row-count-missing', 'error', `The file ${path} has a deletion vector and no numRecords in its statistics.`);
  } else if (typeof rows === 'number' && cardinality > rows) {
    tell('vector-too-large', 'error', `The deletion vector of ${path} names ${cardinality} rows of ${rows}.`);
  }
  const wrong =
    (storageType === 'u' && text.length < 20 && 'its id is too short') ||
    (storageType === 'i' && text.length % 5 !== 0 && 'its text is cut') ||
    (storageType === 'i' && (text.length / 5) * 4 < sizeInBytes && 'its text is shorter than it says') ||
    (storageType === 'i' && offset !== undefined && 'it is inline and has an offset') ||
    (storageType === 'p' && !/^(?:[a-zA-Z][a-zA-Z0-9+.-]+:|\/)/.test(text) && 'its path is not absolute') ||
    (sizeInBytes === 0 && 'it has no size');
  if (wrong !== false) tell('vector-malformed', 'error', `The deletion vector of ${path} is malformed: ${wrong}.`);
}

/** The first bound that a value of its column cannot be; columns that are gone do not matter. */
function wrongBound(bounds: Fields, struct: StructType, mode: 'none' | 'name' | 'id'): string | undefined {
  for (const field of struct.fields) {
    const key = storedName(field, mode);
    const bound = Object.hasOwn(bounds, key) ? bounds[key] : undefined;
    if (bound === undefined || bound === null) continue;
    const { type } = field;
    if (typeof type === 'object' && type.type === 'struct') {
      const wrong = isFields(bound) ? wrongBound(bound, type, mode) : '';
      if (wrong !== undefined) return `${field.name}${wrong === '' ? '' : `.${wrong}`}`;
    } else if (!isBoundOf(bound, type)) return field.name;
  }
  return undefined;
}

function isBoundOf(bound: Json, type: DataType): boolean {
  const isNumber = typeof bound === 'number' || typeof bound === 'bigint' || bound instanceof RawNumber;
  switch (type) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return typeof bound === 'bigint' || Number.isSafeInteger(bound);
    case 'float':
    case 'double':
      return isNumber || bound === 'NaN' || bound === 'Infinity' || bound === '-Infinity';
    case 'string':
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
      return typeof bound === 'string';
    case 'boolean':
      return typeof bound === 'boolean';
    default:
      return typeof type === 'object' || !type.startsWith('decimal') || isNumber;
  }
}

function isFields(value: Json): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}
