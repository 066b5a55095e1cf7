import type { Action } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { RawNumber } from '../json.ts';

type Fields = { readonly [key: string]: unknown };

const forms: { readonly [key: string]: (value: Fields) => boolean } = {
  protocol: (value) =>
    isCount(value['minReaderVersion']) &&
    isCount(value['minWriterVersion']) &&
    isOptional(value['readerFeatures'], isTextList) &&
    isOptional(value['writerFeatures'], isTextList),
  metaData: (value) =>
    typeof value['id'] === 'string' &&
    typeof value['schemaString'] === 'string' &&
    isTextList(value['partitionColumns']) &&
    isTextMap(value['configuration']) &&
    isFields(value['format']),
  add: (value) => isFile(value) && isValues(value['partitionValues']) && isCount(value['size']),
  remove: (value) =>
    isFile(value) &&
    isOptional(value['partitionValues'], isValues) &&
    isOptional(value['size'], isCount) &&
    isOptional(value['deletionTimestamp'], isInteger),
  cdc: (value) => typeof value['path'] === 'string' && isValues(value['partitionValues']),
  txn: (value) => typeof value['appId'] === 'string' && isInteger(value['version']),
  domainMetadata: (value) =>
    typeof value['domain'] === 'string' &&
    typeof value['configuration'] === 'string' &&
    typeof value['removed'] === 'boolean',
  commitInfo: () => true,
};

/** Fields that old writers left out, and what they mean. */
const defaults: { readonly [key: string]: Fields } = {
  metaData: {
    schemaString: '{"type":"struct","fields":[]}',
    partitionColumns: [],
    configuration: {},
    format: { provider: 'parquet', options: {} },
  },
  add: { partitionValues: {}, dataChange: true, modificationTime: 0 },
  remove: { dataChange: true },
  domainMetadata: { configuration: '', removed: false },
};

/**
 * One line of a commit, or one row of a checkpoint, as an action; undefined when it is of a kind that we do not know, which
 * every reader must ignore. Null fields count as absent. A known action of the wrong form is 'log-corrupt'.
 */
export function parseAction(value: unknown, where: string): Action | undefined {
  if (!isFields(value)) throw corrupt(where, 'an action is not an object');
  const known = Object.keys(forms).filter((key) => isPresent(value[key]));
  if (known.length > 1) throw corrupt(where, `one action is both ${known.join(' and ')}`);
  const [kind] = known;
  if (kind === undefined) return undefined;
  const fields = value[kind];
  if (!isFields(fields)) throw corrupt(where, `${kind} is not an object`);
  const action: unknown = { [kind]: complete(kind, fields) };
  if (!isAction(action, kind))
    throw corrupt(where, `a ${kind} action has a field that is missing or of the wrong kind`);
  return action;
}

/** The fields as they mean it; the very same object when nothing is to be added or left out, as in nearly all lines of a log. */
function complete(kind: string, fields: Fields): Fields {
  const implied = defaults[kind];
  const vector = fields['deletionVector'];
  if (!hasNulls(fields) && !isFields(vector) && !lacksKey(fields, implied)) return fields;
  return {
    ...implied,
    ...withoutNulls(fields),
    ...(isFields(vector) ? { deletionVector: withoutNulls(vector) } : {}),
  };
}

function lacksKey(fields: Fields, implied: Fields | undefined): boolean {
  for (const key in implied) if (fields[key] === undefined) return true;
  return false;
}

function hasNulls(fields: Fields): boolean {
  for (const key in fields) if (!isPresent(fields[key])) return true;
  return false;
}

function withoutNulls(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => isPresent(field)));
}

function isAction(action: unknown, kind: string): action is Action {
  const fields = isFields(action) ? action[kind] : undefined;
  return isFields(fields) && forms[kind]?.(fields) === true;
}

function corrupt(where: string, what: string): DeltaError {
  return new DeltaError('log-corrupt', `The log cannot be read: in ${where}, ${what}.`, { context: { path: where } });
}

function isFile(value: Fields): boolean {
  return (
    typeof value['path'] === 'string' &&
    typeof value['dataChange'] === 'boolean' &&
    isOptional(value['stats'], (stats) => typeof stats === 'string') &&
    isOptional(value['modificationTime'], isInteger) &&
    isOptional(value['deletionVector'], isDeletionVector)
  );
}

function isDeletionVector(value: unknown): boolean {
  return (
    isFields(value) &&
    ['u', 'i', 'p'].includes(String(value['storageType'])) &&
    typeof value['pathOrInlineDv'] === 'string' &&
    isCount(value['sizeInBytes']) &&
    isCount(value['cardinality']) &&
    isOptional(value['offset'], isCount)
  );
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isOptional(value: unknown, form: (value: unknown) => boolean): boolean {
  return value === undefined || form(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isInteger(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTextMap(value: unknown): boolean {
  return isFields(value) && Object.values(value).every((item) => typeof item === 'string');
}

function isValues(value: unknown): boolean {
  return isFields(value) && Object.values(value).every((item) => item === null || typeof item === 'string');
}
