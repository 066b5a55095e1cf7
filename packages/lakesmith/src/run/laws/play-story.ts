import type { Relation } from '../../engine/engine.ts';
import type { Story, StoryState } from '../../plan/laws/story.ts';
import { statesOf } from '../../plan/laws/story.ts';
import type { RefreshProof } from '../../sql/refresh/proof.ts';
import { readRows } from '../read-rows.ts';
import { rowDifference } from '../row-difference.ts';
import type { KeptUp } from './keep-up.ts';
import { inputRows, keepUp } from './keep-up.ts';
import { lawValue } from './law-values.ts';
import type { LawWorld } from './law-world.ts';

type Row = ReturnType<typeof rowDifference>['missing'][number];

/** A table that was kept up through a story, and all of it made anew. */
export interface PlayedStory {
  /** How it was brought up to its inputs, by chapter. */
  readonly ways: readonly KeptUp['way'][];
  /** The first chapter after which they are not the same; `missing` rows only all of it made anew has. */
  readonly differs?: {
    readonly chapter: number;
    readonly missing: readonly Row[];
    readonly unexpected: readonly Row[];
  };
}

/**
 * Keeps a table up through a story just as runs would, and holds it against all of it made anew after each chapter. It is one request: what
 * is made on the way is kept in the order in which it is made. `twice`: each chapter is done two times, as when nobody knows whether it was done.
 * Undefined when no tables could have these rows.
 */
export async function playStory(
  world: LawWorld,
  proof: RefreshProof | undefined,
  { story, twice }: { readonly story: Story; readonly twice?: boolean },
): Promise<PlayedStory | undefined> {
  const states = statesOf(world.material.inputs, story);
  if (states === undefined) return undefined;
  const relations: Relation[] = [];
  const compared: { readonly chapter: number; readonly table: string }[] = [];
  const ways: KeptUp['way'][] = [];
  let table = '';
  let before: StoryState | undefined;
  for (const [chapter, state] of states.entries()) {
    const made = `__made${chapter}`;
    for (const name of twice === true ? ['__kept', '__again'] : ['__kept']) {
      if (before === undefined) break;
      const kept = keepUp(world, { proof, before, state, table, next: `${name}${chapter}` });
      relations.push(...kept.relations);
      ways.push(kept.way);
      table = kept.way === 'full' ? made : kept.table;
      if (kept.way === 'full') break;
    }
    relations.push(...inputRows(world, state));
    relations.push({ name: made, kind: 'sql', sql: world.sql, columns: world.columns, kept: true });
    if (before === undefined) table = made;
    if (table !== made) compared.push({ chapter, table });
    before = state;
  }
  return { ways, ...(compared.length === 0 ? {} : await firstDifference(world, relations, compared)) };
}

async function firstDifference(
  { engine, bound, columns }: LawWorld,
  relations: readonly Relation[],
  compared: readonly { readonly chapter: number; readonly table: string }[],
): Promise<Pick<PlayedStory, 'differs'>> {
  const sides = compared.map(
    ({ chapter, table }) =>
      `select ${chapter} as __chapter, 0 as __side, * from __made${chapter} union all select ${chapter}, 1, * from ${table}`,
  );
  const question = { sql: sides.join(' union all '), relations, timezone: bound.project.timezone };
  const { rows } = await readRows(engine, question);
  const rowsOf = (chapter: number, side: number): Row[] =>
    rows
      .filter(([at, which]) => Number(at) === chapter && Number(which) === side)
      .map((row) => row.slice(2).map((value, i) => lawValue(value, columns[i])));
  for (const { chapter } of compared) {
    const found = rowDifference(columns, { wanted: rowsOf(chapter, 0), made: rowsOf(chapter, 1) });
    if (found.missing.length + found.unexpected.length > 0) return { differs: { chapter, ...found } };
  }
  return {};
}
