import type { BoundProject } from '../project/model.ts';
import type { NamedMeaning } from '../sql/refresh/meaning.ts';
import type { ProofResult } from '../sql/refresh/proof.ts';
import type { Observation } from './observation.ts';
import type { PlanStep } from './plan.ts';
import type { Stretch } from './refresh/stretch.ts';

/** What one step is decided on. */
export interface StepContext {
  readonly bound: BoundProject;
  readonly observation: Observation;
  /** Steps of the tables before this one. */
  readonly steps: ReadonlyMap<string, PlanStep>;
  /** What is proven of models so far. */
  readonly proofs: ReadonlyMap<string, ProofResult>;
  /** What they mean; a text: why that cannot be told. Of the same models. */
  readonly meanings: ReadonlyMap<string, NamedMeaning | string>;
  readonly full: boolean;
  readonly apply: boolean;
  /** Rows that are to be made anew whatever changed; undefined: none. */
  readonly stretch: Stretch | undefined;
}
