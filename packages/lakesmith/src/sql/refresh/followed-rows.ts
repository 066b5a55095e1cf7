import type { RefreshProof } from './proof.ts';

/**
 * Why the rows of a SELECT are not those that the rows of a table give one by one, with other tables as they stand; undefined: they are.
 * Then the SELECT over some rows of the table gives just what these rows add, whichever they are.
 */
export function whyNotFollowed(proof: RefreshProof, table: string): string | undefined {
  const isOfTable = (leaf: number): boolean => proof.occurrences[proof.leaves[leaf]?.occurrence ?? -1] === table;
  const own = [...proof.leaves.keys()].filter(isOfTable);
  if (own.length === 0) return `nothing of ${table} is in its rows`;
  for (const leaf of own) {
    const [, silenced] = proof.linear.find(([one]) => one === leaf) ?? [];
    if (silenced === undefined) return `not each of its rows comes from one row of ${table}`;
    const other = silenced.find((one) => !isOfTable(one));
    if (other !== undefined)
      return `rows of ${proof.occurrences[proof.leaves[other]?.occurrence ?? -1] ?? 'another table'} are in it by themselves`;
    // What is not silenced is read beside the row: it would be other rows of the same table.
    if (own.some((one) => one !== leaf && !silenced.includes(one)))
      return `a row of ${table} meets other rows of ${table}`;
  }
  return undefined;
}
