import type { EarlierFinding } from './audit-question.ts';

// What is usual is told from what was, without a model: few enough words to be checked by hand.

/** Fewer earlier runs tell nothing of what is usual. */
const fewestRuns = 5;
/** So many times the usual is still no surprise. */
const factor = 5;
/** A table that never changed may change by this share. */
const leastShare = 0.1;
/** Data that was never older than a moment may be this old. */
const leastLagSeconds = 3600;

/** The rows that a table had, and by how many they mostly changed from run to run. */
export interface UsualChange {
  readonly rows: number;
  readonly change: number;
}

/** Undefined while too little is known. Findings: the newest first. */
export function usualChange(findings: readonly EarlierFinding[]): UsualChange | undefined {
  const [newest] = findings;
  if (newest === undefined || findings.length < fewestRuns) return undefined;
  const changes = findings.slice(1).map((finding, i) => Math.abs((findings[i]?.rows ?? 0) - finding.rows));
  return { rows: newest.rows, change: median(changes) };
}

export function isUsual(rows: number, { rows: before, change }: UsualChange): boolean {
  return Math.abs(rows - before) <= Math.max(factor * change, leastShare * before);
}

/** 'from 100 rows, which mostly change by 3'. */
export function usualText({ rows, change }: UsualChange): string {
  return `there were ${rows}, and mostly ${change} come or go`;
}

/** How old the newest value may be, when it is to be no older than it has been; undefined while too little is known. */
export function usualLag(
  findings: readonly EarlierFinding[],
): { readonly seconds: number; readonly text: string } | undefined {
  const lags = findings.flatMap(({ value }) => value ?? []);
  if (lags.length < fewestRuns) return undefined;
  const seconds = Math.max(factor * median(lags), ...lags, leastLagSeconds);
  return { seconds, text: `, and it is mostly ${durationText(median(lags))} old` };
}

/** The value in the middle; of two the larger. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** '3 days', '2 hours', '40 seconds': of a length of time the largest unit of which there are at least two. */
export function durationText(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const;
  for (const [unit, length] of units)
    if (Math.abs(seconds) >= 2 * length) return `${Math.round(seconds / length)} ${unit}s`;
  return `${Math.round(seconds)} seconds`;
}
