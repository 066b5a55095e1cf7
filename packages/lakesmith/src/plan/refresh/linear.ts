import type { RefreshProof } from '../../sql/refresh/proof.ts';
import { inputNumber, relationNames } from './relations.ts';

/**
 * One step of a refresh by adding: this mention is bound to what its table gained (or lost), mentions of changed tables before it to
 * their tables as they are now, those after it as they were, and silenced ones to nothing.
 */
export interface LinearStep {
  readonly occurrence: number;
  readonly silenced: ReadonlySet<number>;
}

/** Steps whose rows together are what the changes of these tables add; or the first mention of which the rows are no sum. */
export function linearSteps(
  proof: RefreshProof,
  changed: ReadonlySet<string>,
): { readonly ok: true; readonly steps: readonly LinearStep[] } | { readonly ok: false; readonly occurrence: number } {
  const { steps, others } = sumsOver(proof, changed);
  const [occurrence] = others;
  return occurrence === undefined ? { ok: true, steps } : { ok: false, occurrence };
}

/** Mentions of these tables over which the rows are a sum, and those over which they are none. */
export function sumsOver(
  proof: RefreshProof,
  changed: ReadonlySet<string>,
): { readonly steps: readonly LinearStep[]; readonly others: readonly number[] } {
  const steps: LinearStep[] = [];
  const others: number[] = [];
  for (const [occurrence, table] of proof.occurrences.entries()) {
    // What only a CTE says that nobody reads changes nothing.
    if (!changed.has(table) || leavesOf(proof, occurrence).length === 0) continue;
    const silenced = silencedBy(proof, occurrence);
    if (silenced === undefined) others.push(occurrence);
    else steps.push({ occurrence, silenced });
  }
  return { steps, others };
}

/** Mentions that must give nothing while this one gives its changes; undefined when the rows are no sum over it. */
function silencedBy(proof: RefreshProof, occurrence: number): ReadonlySet<number> | undefined {
  const [leaf, ...others] = leavesOf(proof, occurrence);
  if (leaf === undefined || others.length > 0) return undefined;
  const linear = proof.linear.find(([one]) => one === leaf);
  if (linear === undefined) return undefined;
  const silenced = new Set(linear[1]);
  const mentions = proof.occurrences.map((_, i) => ({ i, leaves: leavesOf(proof, i) }));
  const touched = mentions.filter(({ leaves }) => leaves.some((one) => silenced.has(one)));
  // It cannot be bound to nothing and to all of its rows at once.
  if (touched.some(({ leaves }) => !leaves.every((one) => silenced.has(one)))) return undefined;
  return new Set(touched.map(({ i }) => i));
}

/** The leaves of a mention: several where a CTE that has it is read several times. */
export function leavesOf({ leaves }: Pick<RefreshProof, 'leaves'>, occurrence: number): readonly number[] {
  return leaves.flatMap((leaf, i) => (leaf.occurrence === occurrence ? [i] : []));
}

/** What a mention is bound to in a step. */
export function linearInput(
  proof: RefreshProof,
  {
    steps,
    step,
    changes,
    later,
  }: {
    readonly steps: readonly LinearStep[];
    readonly step: LinearStep;
    readonly changes: 'gained' | 'lost';
    /** Mentions whose changes come after those of all steps. */
    readonly later: ReadonlySet<number>;
  },
  occurrence: number,
): string {
  const input = inputNumber(proof, occurrence);
  if (step.silenced.has(occurrence)) return `select * from ${relationNames.now(input)} where false`;
  if (occurrence === step.occurrence) return `select * from ${relationNames[changes](input)}`;
  const isNext = occurrence > step.occurrence && steps.some((one) => one.occurrence === occurrence);
  const isLater = isNext || later.has(occurrence);
  return `select * from ${isLater ? relationNames.old(input) : relationNames.now(input)}`;
}
