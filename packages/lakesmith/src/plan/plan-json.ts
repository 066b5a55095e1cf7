import type { Plan } from './plan.ts';

/** The plan for programs. Keys are only ever added; one object per table, inputs first. */
export function planJson(plan: Plan): Readonly<Record<string, unknown>> {
  return {
    release: plan.release,
    tables: plan.steps.map((step) => ({
      table: step.table,
      action: step.action,
      strategy: step.strategy,
      detail: step.detail,
      reason: step.reason,
      ...(step.unkept === undefined ? {} : { unkept: step.unkept }),
      ...(step.columns === undefined ? {} : { columns: step.columns }),
      estimate: step.estimate,
      after: step.after,
      readVersion: step.readVersion,
      ...(step.judged === undefined ? {} : { judged: step.judged }),
      ...(step.blockedBy === undefined ? {} : { blockedBy: step.blockedBy }),
    })),
    dropped: plan.dropped,
    skippedPublications: plan.skippedPublications,
    ...(plan.estimate === undefined ? {} : { estimate: plan.estimate }),
  };
}
