import type { Column } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { ProvenKey, RefreshProof } from '../../sql/refresh/proof.ts';
import { preferredKeys } from './choice.ts';
import type { KeptTable } from './choice.ts';
import type { KeyedPass } from './keyed.ts';
import { inputNumber, relationNames } from './relations.ts';
import type { ScriptPart } from './script.ts';

/** How much of a table is looked at: so many keys, or a share of them; and which, by a seed. */
export interface SampleSize {
  readonly keys?: number;
  readonly share?: number;
  readonly seed: number;
}

/** By what a table is sampled: a pass that nothing changed for, whose keys are chosen by chance. */
export interface SampledPass extends KeyedPass {
  /** The tables whose rows have all of the keys: a row that the table lacks is looked for by theirs. */
  readonly inputs: readonly string[];
}

/** The keys by which most rows of the inputs are followed; undefined where no output column follows any. */
export function samplePass(
  proof: RefreshProof,
  table: KeptTable,
  rowsOf: (input: string) => number,
): SampledPass | undefined {
  const tableOf = (leaf: number): string => proof.occurrences[proof.leaves[leaf]?.occurrence ?? -1] ?? '';
  const carried = (leaf: number): readonly ProvenKey[] =>
    proof.keys.filter(({ at }) => at.some(([one]) => one === leaf));
  const leaves = [...proof.leaves.keys()]
    .filter((leaf) => tableOf(leaf) !== '' && carried(leaf).length > 0)
    .sort((a, b) => rowsOf(tableOf(b)) - rowsOf(tableOf(a)));
  const [most] = leaves;
  if (most === undefined) return undefined;
  const keys = preferredKeys(carried(most), proof, table);
  const all = leaves.filter((leaf) => keys.every((key) => carried(leaf).includes(key)));
  return { keys, leaves: [], inputs: [...new Set(all.map(tableOf))] };
}

/** Every key, whether the table has it, and where chance puts it. What is asked reads `target` and the inputs as they are. */
export function allKeys(
  proof: RefreshProof,
  { keys, inputs }: SampledPass,
  { columns, seed }: { readonly columns: readonly Column[]; readonly seed: number },
): Omit<ScriptPart, 'mentions'> {
  const typed = (sql: string, key: ProvenKey): string =>
    `cast(${sql} as ${toEngineType(columns[key.column]?.type ?? 'string')})`;
  const select = (from: string, isHere: boolean, sqlOf: (key: ProvenKey) => string): string =>
    `select ${keys.map((key, i) => `${typed(sqlOf(key), key)} as k${i}`).join(', ')}, ${isHere} as _here from ${from} as t`;
  const parts = [select(relationNames.target, true, ({ column }) => `t.${quoteName(columns[column]?.name ?? '')}`)];
  for (const [leaf, { occurrence }] of proof.leaves.entries()) {
    if (!inputs.includes(proof.occurrences[occurrence] ?? '')) continue;
    const said = keys.map(({ at }) => at.find(([one]) => one === leaf)?.[1]);
    if (!said.every((sql) => sql !== undefined)) continue;
    const from = relationNames.now(inputNumber(proof, occurrence));
    parts.push(select(from, false, (key) => said[keys.indexOf(key)] ?? 'null'));
  }
  const names = keys.map((_, i) => `k${i}`).join(', ');
  // Hashed twice, so that keys that are neighbours with one seed are not with another.
  const place = `cast(hash(xor(hash(${names}), cast(${seed} as ubigint))) >> 1 as bigint)`;
  return {
    name: '__all',
    sql: `select ${names}, bool_or(_here) as _here, ${place} as _place from (${[...new Set(parts)].join(' union all ')}) group by ${names}`,
    columns: [
      ...keys.map((key, i): Column => ({ name: `k${i}`, type: columns[key.column]?.type ?? 'string' })),
      { name: '_here', type: 'boolean' },
      { name: '_place', type: 'long' },
    ],
  };
}

/** So many of the keys that the table has, and of those that only its inputs have. */
export interface KeyCounts {
  readonly here: number;
  readonly elsewhere: number;
}

/** How many of these are looked at: of what is there at least one. */
export function chosenCounts({ keys, share }: SampleSize, all: KeyCounts): KeyCounts {
  const some = (of: number): number => Math.min(of, keys ?? Math.ceil(of * (share ?? 1)));
  return { here: some(all.here), elsewhere: some(all.elsewhere) };
}

/** The keys that are looked at: those that chance puts first. */
export function chosenKeys({ keys }: SampledPass, { here, elsewhere }: KeyCounts): string {
  const names = keys.map((_, i) => `k${i}`).join(', ');
  const first = (isHere: boolean, most: number): string =>
    `(select ${names} from __all where _here = ${isHere} order by _place, ${names} limit ${most})`;
  return `${first(true, here)} union all ${first(false, elsewhere)}`;
}
