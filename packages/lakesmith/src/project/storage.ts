import type { Diagnostic, Place } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { Column } from '../core/schema.ts';
import type { StorageSettings } from '../core/storage-settings.ts';
import type { ProjectTable } from './model.ts';
import { entryOf } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

/** Settings that name columns: `namedColumns` sees to it that these exist. */
export const storageColumns = ['cluster_by', 'partition_by'] as const;

const truth = { values: /^(?:true|false)$/i, such: 'true or false' };
const interval = {
  values: /^(?:interval\s+)?(?:\d+\s+(?:second|minute|hour|day|week)s?\s*)+$/i,
  such: 'a time such as interval 7 days',
};
const atLeastOne = { values: /^[1-9]\d{0,8}$/, such: 'a whole number from 1 on' };

/** Properties that change nothing of what a table's rows are; all but that of deletion vectors nothing of who can read them. */
const known: Readonly<Record<string, { readonly values: RegExp; readonly such: string }>> = {
  'delta.autoOptimize.autoCompact': truth,
  'delta.autoOptimize.optimizeWrite': truth,
  'delta.checkpoint.writeStatsAsJson': truth,
  'delta.checkpoint.writeStatsAsStruct': truth,
  'delta.checkpointInterval': atLeastOne,
  'delta.dataSkippingNumIndexedCols': { values: /^(?:-1|\d{1,9})$/, such: 'a whole number from -1 on' },
  'delta.dataSkippingStatsColumns': { values: /\S/, such: 'names of columns' },
  'delta.deletedFileRetentionDuration': interval,
  'delta.enableDeletionVectors': truth,
  'delta.enableExpiredLogCleanup': truth,
  'delta.logRetentionDuration': interval,
  'delta.setTransactionRetentionDuration': interval,
  'delta.targetFileSize': { values: /^[1-9]\d{0,11}\s*[kmg]?b?$/i, such: 'a size such as 128MB' },
};

/** What `properties:` must not say, by how it begins, and why not. */
const refused: readonly (readonly [string, string])[] = [
  ['delta.columnMapping', 'it decides how columns are found in files, and could not be taken back'],
  ['delta.feature', 'it decides which programs can read the table'],
  ['delta.min', 'it decides which programs can read the table'],
  ['delta.constraints', 'a rule under expect: or check: says it, and tells which rows break it'],
  ['delta.appendOnly', 'a run could not make the table anew'],
  ['delta.enable', 'a run switches on what it needs'],
  ['delta.rowTracking', 'a run switches on what it needs'],
];

/** The words `cluster_by`, `partition_by`, `properties`, `retention` and `file_size` among a table's settings. */
export function readStorage(
  settings: YamlValue | undefined,
  name: string,
): { readonly storage: StorageSettings; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const found = (message: string, place: Place, hint: string): void =>
    void diagnostics.push({ code: 'LS1004', message, place, hint });
  const properties = new Map<string, string>();
  const block = entryOf(settings, 'properties')?.value;
  for (const [property, { key, value }] of block?.kind === 'map' ? block.entries : []) {
    const text = value.kind === 'scalar' ? String(value.value) : '';
    const wrong = whyNot(property, text);
    if (wrong === undefined) properties.set(property, text);
    else found(`Property ${property} of ${name} ${wrong.why}`, wrong.inValue ? value.place : key, wrong.hint);
  }
  const derive = (
    word: string,
    names: readonly string[],
    read: (text: string) => string | undefined,
    such: string,
  ): void => {
    const entry = entryOf(settings, word);
    if (entry?.value.kind !== 'scalar') return;
    const value = read(String(entry.value.value).trim());
    const twice = names.find((property) => properties.has(property));
    if (value === undefined)
      found(`"${word}" must be ${such}`, entry.value.place, `write it as ${word}: ${examples[word] ?? ''}`);
    else if (twice !== undefined)
      found(`"${word}" of ${name} says what ${twice} says too`, entry.key, 'keep one of them');
    else for (const property of names) properties.set(property, value);
  };
  const both = ['delta.deletedFileRetentionDuration', 'delta.logRetentionDuration'];
  derive('retention', both, intervalOf, 'a time of at least an hour, in hours, days or weeks');
  derive('file_size', ['delta.targetFileSize'], bytesOf, 'a size from 1MB to 10GB');
  const [clusterBy, partitionBy] = storageColumns.map((word) => columnsAt(settings, word));
  const clusters = entryOf(settings, 'cluster_by');
  if ((partitionBy?.length ?? 0) > 0 && clusters !== undefined)
    found(
      `${name} is partitioned and clustered`,
      clusters.key,
      'keep one of them: cluster_by reads well for most tables',
    );
  else if (clusters !== undefined && (clusterBy?.length ?? 0) > 4)
    found(
      `"cluster_by" of ${name} names ${clusterBy?.length ?? 0} columns, and four are the most`,
      clusters.value.place,
      'keep those that questions are about',
    );
  return {
    storage: { clusterBy: clusterBy ?? [], partitionBy: partitionBy ?? [], properties: Object.fromEntries(properties) },
    diagnostics,
  };
}

const examples: Readonly<Record<string, string>> = { retention: '30d', file_size: '128MB' };

function columnsAt(settings: YamlValue | undefined, word: string): readonly string[] {
  const value = entryOf(settings, word)?.value;
  const items = value?.kind === 'list' ? value.items : value === undefined ? [] : [value];
  return items.flatMap((item) => (item.kind === 'scalar' ? [String(item.value)] : []));
}

function whyNot(
  property: string,
  value: string,
): { readonly why: string; readonly hint: string; readonly inValue: boolean } | undefined {
  const form = known[property];
  if (form !== undefined)
    return form.values.test(value.trim())
      ? undefined
      : { why: `can be ${form.such}, and not ${JSON.stringify(value)}`, hint: `write ${form.such}`, inValue: true };
  if (!/^delta\./i.test(property)) return undefined;
  const near = nearestName(property, Object.keys(known));
  const [, why] = refused.find(([start]) => property.startsWith(start)) ?? [];
  if (why !== undefined) return { why: 'cannot be set', hint: why, inValue: false };
  const hint = near === undefined ? `known are ${Object.keys(known).join(', ')}` : `Did you mean ${near}?`;
  return { why: 'is not known', hint, inValue: false };
}

/** '30d' is 'interval 30 days'. */
function intervalOf(text: string): string | undefined {
  const [, count, unit] = /^([1-9]\d{0,4})\s*(h|d|w|hours?|days?|weeks?)$/i.exec(text) ?? [];
  const word = { h: 'hours', d: 'days', w: 'weeks' }[unit?.[0]?.toLowerCase() ?? ''];
  return count === undefined || word === undefined ? undefined : `interval ${count} ${word}`;
}

/** '128MB' in bytes. */
function bytesOf(text: string): string | undefined {
  const [, count, unit] = /^(\d{1,6}(?:\.\d{1,3})?)\s*(mb|gb)$/i.exec(text) ?? [];
  const bytes = Math.round(Number(count) * (unit?.toLowerCase() === 'gb' ? 2 ** 30 : 2 ** 20));
  return bytes >= 2 ** 20 && bytes <= 10 * 2 ** 30 ? String(bytes) : undefined;
}

/** Columns that rows cannot be laid out by, once the columns of the table are known. */
export function storageFindings(
  { name, namedColumns, storage }: Pick<ProjectTable, 'name' | 'namedColumns' | 'storage'>,
  columns: readonly Column[],
): readonly Diagnostic[] {
  const types = new Map(columns.map((column) => [column.name, column.type]));
  const all = columns.filter((column) => !storage.partitionBy.includes(column.name)).length === 0;
  return namedColumns.flatMap(({ setting, column, place }): readonly Diagnostic[] => {
    const type = types.get(column);
    if (type === undefined || !storageColumns.some((word) => word === setting)) return [];
    if (setting === 'partition_by' && all && column === storage.partitionBy[0])
      return [
        {
          code: 'LS1004',
          message: `"partition_by" of ${name} names every column`,
          place,
          hint: 'files would have none left',
        },
      ];
    const isOrdered = typeof type === 'string' && !['binary', 'variant', 'void'].includes(type);
    if (isOrdered) return [];
    const message = `"${setting}" of ${name} names column ${column}, whose values have no order`;
    return [{ code: 'LS1004', message, place, hint: 'name a column of numbers, texts, dates, times or booleans' }];
  });
}
