import type { Action } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { RawNumber } from '../json.ts';

type Fields = { readonly [key: string]: unknown };

interface ActionForm {
  readonly isValid: (value: Fields) => boolean;
  /** Fields that old writers left out, and what they mean. */
  readonly implied?: Fields;
}

const forms: ReadonlyMap<string, ActionForm> = new Map<string, ActionForm>([
  [
    'add',
    {
      isValid: (value) =>
        isFile(value) &&
        isTexts(value['partitionValues']) &&
        isCount(value['size']) &&
        isOptional(value['baseRowId'], isInteger) &&
        isOptional(value['defaultRowCommitVersion'], isInteger),
      implied: { partitionValues: {}, dataChange: true, modificationTime: 0 },
    },
  ],
  [
    'remove',
    {
      isValid: (value) =>
        isFile(value) &&
        isOptional(value['partitionValues'], isTexts) &&
        isOptional(value['size'], isCount) &&
        isOptional(value['deletionTimestamp'], isInteger) &&
        isOptional(value['baseRowId'], isInteger) &&
        isOptional(value['defaultRowCommitVersion'], isInteger),
      implied: { dataChange: true },
    },
  ],
  ['cdc', { isValid: (value) => isText(value['path']) && isTexts(value['partitionValues']) }],
  ['commitInfo', { isValid: () => true }],
  [
    'metaData',
    {
      isValid: (value) =>
        isText(value['id']) &&
        isText(value['schemaString']) &&
        isTextList(value['partitionColumns']) &&
        isTextMap(value['configuration']) &&
        isFields(value['format']) &&
        isText(value['format']['provider']) &&
        isOptional(value['createdTime'], isInteger),
      implied: {
        schemaString: '{"type":"struct","fields":[]}',
        partitionColumns: [],
        configuration: {},
        format: { provider: 'parquet', options: {} },
      },
    },
  ],
  [
    'protocol',
    {
      isValid: (value) =>
        isCount(value['minReaderVersion']) &&
        isCount(value['minWriterVersion']) &&
        isOptional(value['readerFeatures'], isTextList) &&
        isOptional(value['writerFeatures'], isTextList),
    },
  ],
  ['txn', { isValid: (value) => isText(value['appId']) && isInteger(value['version']) }],
  [
    'domainMetadata',
    {
      isValid: (value) =>
        isText(value['domain']) && isText(value['configuration']) && typeof value['removed'] === 'boolean',
      implied: { configuration: '', removed: false },
    },
  ],
]);

/**
 * One line of a commit, or one row of a checkpoint, as an action; undefined when it is of a kind that we do not know, which
 * every reader must ignore. Null fields count as absent. A known action of the wrong form is 'log-corrupt'.
 */
export function parseAction(value: unknown, path: string, row: number): Action | undefined {
  if (!isFields(value)) throw corrupt(path, row, 'an action is not an object');
  let kind: string | undefined;
  let isAlone = true;
  for (const key in value) {
    if (!forms.has(key) || !isPresent(value[key])) isAlone = false;
    else if (kind === undefined) kind = key;
    else throw corrupt(path, row, `one action is both ${kind} and ${key}`);
  }
  const form = kind === undefined ? undefined : forms.get(kind);
  if (kind === undefined || form === undefined) return undefined;
  const given = value[kind];
  if (!isFields(given)) throw corrupt(path, row, `${kind} is not an object`);
  const fields = complete(given, form.implied);
  const action: unknown = isAlone && fields === given ? value : { [kind]: fields };
  if (!isAction(action, form, fields)) {
    throw corrupt(path, row, `a ${kind} action has a field that is missing or of the wrong kind`);
  }
  return action;
}

function isAction(action: unknown, form: ActionForm, fields: Fields): action is Action {
  return typeof action === 'object' && form.isValid(fields);
}

/** The fields as they mean it; the very same object when nothing is to be added or left out, as in nearly all lines of a log. */
function complete(fields: Fields, implied: Fields | undefined): Fields {
  const vector = fields['deletionVector'];
  if (!hasNulls(fields) && !(isFields(vector) && hasNulls(vector)) && !lacksKey(fields, implied)) return fields;
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

function corrupt(path: string, row: number, what: string): DeltaError {
  return new DeltaError('log-corrupt', `The log cannot be read: in row ${row} of ${path}, ${what}.`, {
    context: { path },
  });
}

function isFile(value: Fields): boolean {
  return (
    isText(value['path']) &&
    value['path'] !== '' &&
    typeof value['dataChange'] === 'boolean' &&
    isOptional(value['stats'], isText) &&
    isOptional(value['modificationTime'], isInteger) &&
    isOptional(value['tags'], isTexts) &&
    isOptional(value['deletionVector'], isDeletionVector)
  );
}

function isDeletionVector(value: unknown): boolean {
  return (
    isFields(value) &&
    (value['storageType'] === 'u' || value['storageType'] === 'i' || value['storageType'] === 'p') &&
    isText(value['pathOrInlineDv']) &&
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

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isInteger(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isTextMap(value: unknown): boolean {
  return isFields(value) && Object.values(value).every(isText);
}

function isTexts(value: unknown): boolean {
  if (!isFields(value)) return false;
  for (const key in value) if (value[key] !== null && typeof value[key] !== 'string') return false;
  return true;
}
