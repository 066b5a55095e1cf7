import { DeltaError } from './errors.ts';

const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  week: 7 * DAY_MS,
  day: DAY_MS,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
  microsecond: 0.001,
};

type Configuration = Readonly<Record<string, string>>;

/** A property that is a length of time, `interval 7 days`; the default when it is absent or cannot be understood. */
export function intervalMs(configuration: Configuration, key: string, defaultMs: number): number {
  const text = configuration[key]
    ?.trim()
    .toLowerCase()
    .replace(/^interval\s+/, '');
  if (text === undefined || !/^(?:\d+\s+[a-z]+\s*)+$/.test(text)) return defaultMs;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)\s+([a-z]+?)s?(?=\s|$)/g)) {
    const unitMs = UNIT_MS[unit ?? ''];
    if (unitMs === undefined) return defaultMs;
    total += Number(count) * unitMs;
  }
  return total;
}

/** How long removes stay in checkpoints, and removed files on disk. */
export function deletedFileRetentionMs(configuration: Configuration): number {
  return intervalMs(configuration, 'delta.deletedFileRetentionDuration', 7 * DAY_MS);
}

/** How long old commits stay readable. */
export function logRetentionMs(configuration: Configuration): number {
  return intervalMs(configuration, 'delta.logRetentionDuration', 30 * DAY_MS);
}

/** How many commits lie between two checkpoints, where the table says so. */
export function checkpointInterval(configuration: Configuration): number | undefined {
  const interval = Number(configuration['delta.checkpointInterval']);
  return Number.isSafeInteger(interval) && interval > 0 ? interval : undefined;
}

/** Whether commits carry a time of their own that rises from version to version, as far as the protocol allows it. */
export function keepsCommitTimes(configuration: Configuration): boolean {
  return configuration['delta.enableInCommitTimestamps']?.toLowerCase() === 'true';
}

const FORMS: readonly { readonly names: RegExp; readonly values: RegExp; readonly such: string }[] = [
  {
    names:
      /^(?:appendOnly|enable(?:ChangeDataFeed|DeletionVectors|RowTracking|InCommitTimestamps|TypeWidening|ExpiredLogCleanup)|checkpoint\.writeStatsAs(?:Json|Struct))$/,
    values: /^(?:true|false)$/i,
    such: 'true or false',
  },
  { names: /^checkpointInterval$/, values: /^0*[1-9]\d{0,8}$/, such: 'a whole number from 1 on' },
  { names: /^dataSkippingNumIndexedCols$/, values: /^(?:-1|\d{1,9})$/, such: 'a whole number from -1 on' },
  {
    names: /^(?:log|deletedFile|setTransaction)RetentionDuration$/,
    values: /^(?:interval\s+)?(?:\d+\s+(?:millisecond|second|minute|hour|day|week)s?\s*)+$/i,
    such: 'a time such as interval 7 days',
  },
  { names: /^columnMapping\.mode$/, values: /^(?:none|name|id)$/i, such: 'none, name or id' },
  { names: /^checkpointPolicy$/, values: /^(?:classic|v2)$/i, such: 'classic or v2' },
  { names: /^targetFileSize$/, values: /^0*[1-9]\d{0,11}\s*[kmg]?b?$/i, such: 'a size such as 128MB' },
  {
    names: /^min(?:Reader|Writer)Version$/,
    values: /(?!)/,
    such: 'nothing, since it follows from what the table uses',
  },
];

/** Refuses a value that a property of tables cannot have ('invalid-value'): some programs fail at it, and others pass over it. */
export function checkProperty(name: string, value: string): void {
  const own = /^delta\.(.+)$/.exec(name)?.[1];
  const form = own === undefined ? undefined : FORMS.find(({ names }) => names.test(own));
  if (form === undefined || form.values.test(value.trim())) return;
  throw new DeltaError('invalid-value', `The property ${name} can be ${form.such}, and not ${JSON.stringify(value)}.`, {
    context: { property: name },
  });
}
