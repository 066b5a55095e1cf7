import type { RefreshProof } from '../../sql/refresh/proof.ts';

// The names under which a refresh's SQL reads: they are given to the rows when it is done.

/** Rows that the refresh of a table is made from; `input` is the number of a table among those that its SELECT reads. */
export const relationNames = {
  /** An input as it is now. */
  now: (input: number): string => `__now${input}`,
  /** An input as it was when the table was last made. */
  old: (input: number): string => `__old${input}`,
  /** Rows that an input gained since, and those that it lost: a row may be in both. */
  gained: (input: number): string => `__gained${input}`,
  lost: (input: number): string => `__lost${input}`,
  /** The keys that a pass is about. */
  keys: (pass: number): string => `__keys${pass}`,
  /** The keys that a pass over the rows is about that a pass by groups groups, and the groups of these rows. */
  keysBelow: (pass: number, below: number): string => `__keys${pass}_${below}`,
  groups: (pass: number, below: number, state: 'now' | 'old'): string => `__groups${pass}_${below}_${state}`,
  /** The table as it was last made. */
  target: '__target',
} as const;

/** The tables that a SELECT reads, each once. */
export function inputsOfProof({ inputs }: RefreshProof): readonly string[] {
  return inputs;
}

/** The number of the table that a mention means. */
export function inputNumber(proof: RefreshProof, occurrence: number): number {
  return inputsOfProof(proof).indexOf(proof.occurrences[occurrence] ?? '');
}

/** The leaves of some tables that changed. */
export function changedLeaves(proof: RefreshProof, changed: ReadonlySet<string>): readonly number[] {
  return proof.leaves.flatMap(({ occurrence }, leaf) =>
    changed.has(proof.occurrences[occurrence] ?? '') ? [leaf] : [],
  );
}

/** The table that a leaf is a path to. */
export function tableOfLeaf({ occurrences, leaves }: RefreshProof, leaf: number): string {
  return occurrences[leaves[leaf]?.occurrence ?? -1] ?? '';
}
