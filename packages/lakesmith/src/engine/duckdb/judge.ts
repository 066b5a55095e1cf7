import { quoteName } from '../../core/sql-text.ts';
import type { Leaf } from './json-leaves.ts';
import type { LeafKind } from './leaf-kinds.ts';
import { leafTest } from './leaf-kinds.ts';
import type { Session } from './session.ts';

export interface Judgement {
  /** The first kind that all values are of; undefined: text. */
  readonly kind: LeafKind | undefined;
  readonly seen: boolean;
}

// What a kind is not shows soon, and looking costs: only what is left after these rows is looked for in all of them.
const firstRows = 1_000;

/** For each place the first kind that all its values are of (undefined: text), and whether it has any value. */
export async function judge(
  session: Session,
  select: string,
  rows: number | undefined,
  leaves: readonly Leaf[],
): Promise<readonly Judgement[]> {
  const first = await testKinds(session, limited(select, Math.min(rows ?? firstRows, firstRows)), leaves);
  const left = leaves.map((leaf, index) => ({
    ...leaf,
    kinds: leaf.kinds.filter((kind) => first[index]?.get(kind) !== false),
  }));
  const all = rows !== undefined && rows <= firstRows ? first : await testKinds(session, limited(select, rows), left);
  return left.map((leaf, index) => ({
    kind: leaf.kinds.find((kind) => all[index]?.get(kind) === true),
    seen: [first[index], all[index]].some((tests) => [...(tests?.values() ?? [])].some((test) => test !== null)),
  }));
}

/** For each place, whether all its values are of a kind; null when there is no value. */
async function testKinds(
  session: Session,
  select: string,
  leaves: readonly Leaf[],
): Promise<readonly ReadonlyMap<LeafKind, unknown>[]> {
  const tests = leaves.flatMap((leaf, index) =>
    leaf.kinds.map((kind) => {
      const test = leaf.over === undefined ? leafTest(kind, leaf.value) : leaf.over((value) => leafTest(kind, value));
      return `bool_and(${test}) AS ${quoteName(`${index} ${kind}`)}`;
    }),
  );
  const [row = {}] = tests.length === 0 ? [] : await session.rows(`SELECT ${tests.join(', ')} FROM (${select})`);
  return leaves.map((leaf, index) => new Map(leaf.kinds.map((kind) => [kind, row[`${index} ${kind}`]])));
}

export function limited(select: string, rows: number | undefined): string {
  return rows === undefined ? select : `${select} LIMIT ${rows}`;
}
