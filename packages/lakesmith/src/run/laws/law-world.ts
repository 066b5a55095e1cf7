import type { Column } from '../../core/schema.ts';
import type { Engine } from '../../engine/engine.ts';
import type { StoryInput } from '../../plan/laws/story.ts';
import type { ModelTest } from '../../project/model-test.ts';
import type { BoundProject, ModelTable } from '../../project/model.ts';
import type { FrozenMoment } from '../../sql/clock.ts';

/** One test of a model as what laws are tried on. */
export interface LawMaterial {
  readonly test: ModelTest;
  readonly inputs: readonly StoryInput[];
}

/** What a law is asked of. */
export interface LawWorld {
  readonly engine: Engine;
  readonly bound: BoundProject;
  readonly model: ModelTable;
  readonly columns: readonly Column[];
  readonly moment: FrozenMoment;
  readonly material: LawMaterial;
  /** The model's rows, over its inputs by their names. */
  readonly sql: string;
  readonly seed: number;
  readonly cases: number;
}

type LawName = 'incremental = full' | 'any order of arrival' | 'replay once';

/** What came of a law. */
export interface LawOutcome {
  readonly law: LawName;
  /**
   * full: the table is always made of all rows, so that there is nothing to hold. depends: which rows there are follows from the order in which
   * rows came. untried: it says nothing of this model, or it could not be asked.
   */
  readonly state: 'holds' | 'full' | 'depends' | 'broken' | 'untried';
  /** How often it was tried. */
  readonly cases: number;
  readonly why?: string;
  /** A test file that shows it. */
  readonly example?: string;
  /** Gives the same cases again. */
  readonly seed?: number;
}
