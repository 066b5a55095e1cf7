import type { TookWays } from '../../lake/release.ts';
import type { KeyedPass } from './keyed.ts';
import type { PartWay } from './took.ts';
import { expectedFullMs, slowerBy } from './took.ts';

// What the ways to bring a table up to its inputs take, in milliseconds of two busy cores: enough to tell which is the cheapest. Measured by
// `npm run bench -- refresh`.

/** A step as far as it is known before rows are read. */
export interface StepSize {
  /** Rows of the inputs, and of the table. */
  readonly inputRows: number;
  readonly targetRows: number;
  /** About how many rows came to the inputs and went from them. */
  readonly changes: number;
  /** What it took before. */
  readonly took: TookWays;
}

/** What the questions of a way take where there is nothing to do. */
const baseMs = 150;
/** Beyond this part of its rows no SELECT is so dear that a part of them is cheaper. */
const mostOfTable = 0.6;
/** Where more of its rows than this change, and they lie here and there, all of its files are written anew. */
const mostMarked = 0.1;

/** All of it. Where nothing is known, rather too much: a way that is too dear then is found out by the next run that makes it anew. */
function fullMs({ inputRows, targetRows, took }: StepSize): number {
  return expectedFullMs(took, inputRows) ?? micros(0.2 * inputRows + 0.3 * targetRows);
}

/** What a way should take, but for what is known of it by now. */
export function expectedMs(size: StepSize, way: PartWay, share: number): number {
  return way === 'fold' ? foldMs(size) : restKeyedMs(size, share) + keysMs(size);
}

/** Each change goes through the SELECT, each group that one of them hits is merged, and the rows of the others are written once more. */
function foldMs(size: StepSize): number {
  const { inputRows, targetRows: groups, changes } = size;
  const hit = groups * (1 - Math.exp(-changes / (1.5 * Math.max(1, groups))));
  const share = changes / Math.max(1, inputRows);
  return baseMs + share * fullMs(size) + micros(0.02 * changes + 1.5 * hit + 0.1 * groups);
}

/** The inputs are searched for rows with keys of what changed, and these go through the SELECT, twice: as they were, and as they are. */
function comparedMs(size: StepSize, part: number): number {
  return 2 * (part * fullMs(size) + micros(0.1 * size.inputRows));
}

/** Each change goes through the SELECT, and rows that are like one of those that went are looked for by all of their columns. */
function bagMs(size: StepSize): number {
  const { inputRows, targetRows, changes } = size;
  const share = changes / Math.max(1, inputRows);
  return baseMs + share * fullMs(size) + micros(changes + 0.2 * targetRows);
}

/** What is left of it when the keys are there: the inputs are searched for them, and so is the table. */
function restKeyedMs(size: StepSize, share: number): number {
  const { inputRows, targetRows } = size;
  const perRow = 0.1 + 5 * share + (share > mostMarked ? 0.4 : 0);
  return baseMs + share * fullMs(size) + micros(0.03 * inputRows + perRow * targetRows);
}

/** At the least: rows that changed together may belong together. */
function leastKeyedMs(size: StepSize): number {
  const share = size.changes / 2 / Math.max(1, size.inputRows);
  return restKeyedMs({ ...size, inputRows: 0 }, Math.min(1, share)) + keysMs(size);
}

function leastMs(size: StepSize, way: PartWay | 'bag'): number {
  switch (way) {
    case 'bag':
      return bagMs(size);
    case 'fold':
      return foldMs(size);
    case 'keyed':
      return leastKeyedMs(size);
  }
}

function keysMs({ changes }: StepSize): number {
  return micros(0.75 * changes);
}

function micros(count: number): number {
  return count / 1000;
}

/**
 * Why all of it at once is cheaper than the way, before a row is read; undefined: it is not. `compared`: which part of the inputs' rows groups are
 * compared by, as they were and as they are.
 */
export function whyAtOnce(size: StepSize, way: PartWay | 'bag', compared = 0): string | undefined {
  const slower = way === 'bag' ? 1 : slowerBy(size.took, way);
  const ms = slower * leastMs(size, way) + (compared > 0 ? comparedMs(size, compared) : 0);
  return ms < fullMs(size) ? undefined : `about ${rounded(size.changes)} rows came or went: all at once is cheaper`;
}

/** The same when it is known which part of the table's rows is concerned. */
export function whyAllRows(size: StepSize, share: number): string | undefined {
  if (share <= mostOfTable && slowerBy(size.took, 'keyed') * restKeyedMs(size, share) < fullMs(size)) return undefined;
  return `${percent(share)} of its rows are concerned: all at once is cheaper`;
}

/** Whether it is worth a look at the keys of all changes that these may be most of them. */
export function mayBeMost({ targetRows, changes }: StepSize): boolean {
  return changes > 0.2 * targetRows;
}

/** Whether keys tell one row of the table from all others, so that no more rows have them than there are keys. */
export function tellsRows(passes: readonly KeyedPass[], unique: readonly (readonly number[])[]): boolean {
  return passes.every(({ keys, between }) => {
    const own = keys.map(({ column }) => column);
    return between === undefined && unique.some((set) => set.every((column) => own.includes(column)));
  });
}

/** Whether rows are sooner made as they were than read: of the table only its keys are looked at then, but all else that the SELECT reads, once more. */
export function areSoonerMade(targetRows: number, readRows: number): boolean {
  return 2 * readRows <= targetRows;
}

/** Two digits: it is not known better. */
function rounded(rows: number): string {
  return String(Number(rows.toPrecision(2)));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
