import type { PlanStep } from './plan.ts';

/** A step that does nothing. */
export function idle(table: string, version: number | undefined): PlanStep {
  return {
    table,
    action: 'skip',
    strategy: '',
    detail: '',
    reason: '',
    estimate: {},
    after: [],
    readVersion: version ?? -1,
  };
}

/** True for a step that makes a new version of its table. */
export function isActive(step: PlanStep | undefined): boolean {
  return step !== undefined && (step.action === 'load' || step.action === 'incremental' || step.action === 'full');
}

/** True for a step that does not come to an end, and nothing behind it either. */
export function isStopped(step: PlanStep | undefined): boolean {
  return step?.action === 'held' || step?.action === 'blocked';
}
