import type { PlanStep } from '../plan/plan.ts';
import type { QualityResult, StepRecord } from './journal.ts';

/** Broken rules and checks of severity warn, by name. */
export function warningsIn(quality: readonly QualityResult[]): Readonly<Record<string, number>> {
  const warned = quality.filter(({ severity, broken }) => severity === 'warn' && broken > 0);
  return Object.fromEntries(warned.map(({ name, broken }) => [name, broken]));
}

/** A step of which nothing is known yet but that it was planned. */
export function emptyRecord(step: PlanStep): StepRecord {
  return {
    table: step.table,
    action: step.action,
    strategy: step.strategy,
    reason: step.reason,
    status: 'done',
    rows: 0,
    rowsAdded: 0,
    unit: 'rows',
    elapsedMs: 0,
    quarantined: 0,
    warnings: {},
    inputs: {},
    quality: [],
    loaded: [],
  };
}
