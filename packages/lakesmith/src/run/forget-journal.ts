import type { ObjectStore } from '../storage/object-store.ts';
import type { RunRecord, StepRecord } from './journal.ts';
import { listRuns, putRun } from './journal.ts';

/** Takes out of the records of runs what they show of rows of these tables: samples of broken rows, and texts of errors. */
export async function cleanJournal(
  state: ObjectStore,
  { names, note, before }: { readonly names: ReadonlySet<string>; readonly note: string; readonly before: number },
): Promise<void> {
  for await (const record of listRuns(state)) {
    if (record.run >= before) break;
    const steps = record.steps.map((step) => (names.has(step.table) ? cleanStep(step, note) : step));
    const clean: RunRecord = {
      ...record,
      steps,
      ...(record.error === undefined ? {} : { error: { ...record.error, message: note } }),
    };
    if (JSON.stringify(clean) !== JSON.stringify(record)) await putRun(state, clean);
  }
}

function cleanStep({ evidence: _, ...step }: StepRecord, note: string): StepRecord {
  return step.error === undefined ? step : { ...step, error: { ...step.error, message: note } };
}
