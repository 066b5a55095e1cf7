/** '1 file', '7 files'. */
export function count(amount: number | bigint, noun: string): string {
  return `${amount} ${noun}${Number(amount) === 1 ? '' : 's'}`;
}

/** '48 kB', '1.2 GB': what a person compares files by. */
export function kilobytes(bytes: number): string {
  if (bytes < 500) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} kB`;
  if (bytes < 999_500_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

/** '0.3 s', '5 min', '2.5 h': what a person plans by. */
export function roughTime(seconds: number): string {
  if (seconds < 119.95) return `${seconds.toFixed(1)} s`;
  return seconds < 7170 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
