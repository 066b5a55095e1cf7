import { encodeJson } from '../core/json.ts';
import type { StepOutcome } from '../core/progress.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { LoadedFile } from '../sources/ledger.ts';
import type { Cost, Proof } from '../plan/cost.ts';
import { readStoredJson } from '../lake/stored-json.ts';

/** The truth about a run, in one file of the lake; the system tables are folded from these. */
export interface RunRecord {
  readonly run: number;
  /** running: at work, or dead. */
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly startedMs: number;
  readonly endedMs?: number;
  readonly environment: string;
  readonly program: string;
  /** Tables that it set out to make; absent in the records of older programs. */
  readonly planned?: readonly string[];
  /** Release that it made; absent when it made none. */
  readonly release?: number;
  readonly error?: { readonly code: string; readonly message: string };
  /** Tables and views of which it kept what nobody saw (`lake/kept-run.ts`); absent: none. */
  readonly kept?: readonly string[];
  readonly steps: readonly StepRecord[];
}

export interface StepRecord extends StepOutcome {
  readonly table: string;
  readonly action: string;
  readonly strategy: string;
  readonly reason: string;
  /** The version that was committed. */
  readonly version?: number;
  readonly inputs: Readonly<Record<string, number>>;
  readonly quality: readonly QualityResult[];
  readonly loaded: readonly LoadedFile[];
  /** By which commit the table got the rows that were judged, and what else that was told by; absent: nothing was. */
  readonly judged?: {
    readonly commit: string;
    readonly timezone: string;
    readonly versions: Proof['versions'];
  };
}

/** What a rule or check found. */
export interface QualityResult {
  readonly name: string;
  readonly kind: string;
  readonly severity: string;
  /** Rows that break it. */
  readonly broken: number;
  readonly rows: number;
  readonly message: string;
  /** What a check measured that compares and does not count: rows, seconds, percent. */
  readonly value?: number;
  /** What was read for it; absent in the records of older programs. */
  readonly cost?: Cost;
}

/** Whether a step made what it was to make and all can see it: loads are committed one by one, everything else with the release. */
export function isCommitted(
  { release }: Pick<RunRecord, 'release'>,
  { action, strategy, status }: StepRecord,
): boolean {
  const isLoad = action === 'load' && strategy !== 'reference';
  return status === 'done' && (isLoad || release !== undefined);
}

const folder = '_lakesmith/runs/';
const pathOf = (run: number): string => `${folder}${String(run).padStart(20, '0')}.json`;

/** Takes the next number for a run and says that it is at work. */
export async function startRun(
  store: ObjectStore,
  record: Omit<RunRecord, 'run' | 'state' | 'steps'>,
): Promise<RunRecord> {
  for (let run = (await lastRun(store)) + 1; ; run += 1) {
    const started: RunRecord = { ...record, run, state: 'running', steps: [] };
    if ((await store.putIfAbsent(pathOf(run), encodeJson(started))).kind === 'stored') return started;
  }
}

export async function putRun(store: ObjectStore, record: RunRecord): Promise<void> {
  await store.put(pathOf(record.run), encodeJson(record));
}

export async function readRun(store: ObjectStore, run: number): Promise<RunRecord | undefined> {
  return await readStoredJson<RunRecord>(store, pathOf(run));
}

/** Runs after `after`, in order. */
export async function* listRuns(store: ObjectStore, after = 0): AsyncIterable<RunRecord> {
  for await (const object of store.list(folder, { shallow: true, startAfter: pathOf(after) })) {
    const run = Number(/(\d{20})\.json$/.exec(object.path)?.[1] ?? NaN);
    const record = Number.isNaN(run) ? undefined : await readRun(store, run);
    if (record !== undefined) yield record;
  }
}

/** The number of the newest run; 0 before the first. */
export async function lastRun(store: ObjectStore): Promise<number> {
  let last = 0;
  for await (const object of store.list(folder, { shallow: true })) {
    last = Math.max(last, Number(/(\d{20})\.json$/.exec(object.path)?.[1] ?? 0));
  }
  return last;
}
