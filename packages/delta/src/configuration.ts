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

/** How many commits lie between two checkpoints. */
export function checkpointInterval(configuration: Configuration): number {
  const interval = Number(configuration['delta.checkpointInterval']);
  return Number.isSafeInteger(interval) && interval > 0 ? interval : 10;
}

/** Whether commits carry a time of their own that rises from version to version, as far as the protocol allows it. */
export function keepsCommitTimes(configuration: Configuration): boolean {
  return configuration['delta.enableInCommitTimestamps']?.toLowerCase() === 'true';
}
