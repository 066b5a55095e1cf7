import type { ReferenceTable, SourceTable } from '../project/model.ts';
import { sameColumns } from '../core/storage-settings.ts';
import type { SourceState, TableState } from './observation.ts';
import type { PlanStep } from './plan.ts';
import { count, kilobytes } from '../core/quantity.ts';
import type { StepContext } from './step-context.ts';
import { idle, isActive } from './idle-step.ts';
import { readyStep } from './ready-step.ts';
import { storageThen } from './storage-step.ts';

/** A source is loaded when it holds something that its table does not, and what judges the load is there. */
export function planSource(table: SourceTable, context: StepContext): PlanStep {
  const step = loadStep(table, context);
  if (!isActive(step)) return step;
  const ready = readyStep(table, idle(table.name, context.observation.tables.get(table.name)?.version), context);
  return ready.stopped ?? { ...step, after: ready.after };
}

function loadStep(table: SourceTable, { observation }: StepContext): PlanStep {
  const source = observation.sources.get(table.name);
  const step = idle(table.name, observation.tables.get(table.name)?.version);
  if (source === undefined) return step;
  if (table.from.kind === 'files') return planFiles(step, table.from.eachFile, source);
  const { follow } = table.from;
  const strategy = follow === 'changes' ? 'changes' : 'replace';
  if (!source.fresh && source.changes === 0) return step;
  const first = follow === 'changes' ? 'snapshot, then changes' : 'snapshot';
  return {
    ...step,
    action: 'load',
    strategy,
    detail: source.fresh ? first : count(source.changes, 'change'),
    reason: source.fresh ? 'new source' : '',
    estimate: source.changes > 0 ? { rows: source.changes } : {},
  };
}

function planFiles(step: PlanStep, eachFile: 'adds' | 'replaces', source: SourceState): PlanStep {
  const { pending } = source;
  if (pending.length === 0) return source.fresh ? { ...step, reason: 'nothing to load yet' } : step;
  const bytes = pending.reduce((sum, file) => sum + file.sizeBytes, 0);
  return {
    ...step,
    action: 'load',
    // Rows that go are no mere addition to what is made from them.
    strategy: eachFile === 'adds' && (source.again ?? 0) === 0 ? 'files' : 'replace',
    detail: `${count(pending.length, 'file')}, ${kilobytes(bytes)}`,
    reason: source.problem === undefined ? reasonToLoad(source) : `will fail: ${source.problem}`,
    estimate: { files: pending.length, bytes },
  };
}

function reasonToLoad({ fresh, again = 0 }: SourceState): string {
  if (fresh) return 'new source';
  return again > 0 ? `${count(again, 'file')} read again` : '';
}

/** A reference table is its file: loaded whole when the file, its types or its rules are not those it was made from. */
export function planReference(table: ReferenceTable, context: StepContext): PlanStep {
  const { observation, full } = context;
  const state = observation.tables.get(table.name);
  const step = idle(table.name, state?.version);
  const reason = referenceReason(table, state, full);
  if (reason === undefined) return step;
  const after = table.auditInputs.filter((input) => isActive(context.steps.get(input)));
  const detail = count(table.rowCount, 'row');
  return { ...step, action: 'load', strategy: 'reference', detail, reason, estimate: { rows: table.rowCount }, after };
}

function referenceReason(
  table: ReferenceTable,
  state: Pick<TableState, 'foreign' | 'madeBy'> | undefined,
  full: boolean,
): string | undefined {
  if (state === undefined) return '';
  if (state.foreign) return 'changed by another writer';
  if (state.madeBy?.fingerprint !== table.fingerprint) return 'file changed';
  if (!sameColumns(storageThen(state.madeBy).partitionBy, table.storage.partitionBy)) return 'partition_by changed';
  return full ? '--full' : undefined;
}
