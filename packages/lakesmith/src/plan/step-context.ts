import type { BoundProject } from '../project/model.ts';
import type { Observation } from './observation.ts';
import type { PlanStep } from './plan.ts';

/** What one step is decided on. */
export interface StepContext {
  readonly bound: BoundProject;
  readonly observation: Observation;
  /** Steps of the tables before this one. */
  readonly steps: ReadonlyMap<string, PlanStep>;
  readonly full: boolean;
  readonly apply: boolean;
}
