import type { Dice } from '../../core/dice.ts';
import type { Column } from '../../core/schema.ts';
import { changedRow, newRow } from './made-up-rows.ts';

/** A row by column, as texts; null is NULL. */
export type TextRow = readonly (string | null)[];

/** An input of a model, and what rows it may have. */
export interface StoryInput {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Rows that somebody thought of, in their order. */
  readonly rows: readonly TextRow[];
  /** Numbers of columns of which no two rows share the values, and none is NULL; none: rows may be equal. */
  readonly key: readonly number[];
  /** Rows only come: none changes, and none goes. */
  readonly grows: boolean;
}

/** Something that happens to one row, which goes by its number. */
export interface StoryEvent {
  readonly input: string;
  readonly id: number;
  /** What the row is from now on; undefined: it goes. */
  readonly row: TextRow | undefined;
}

/** What happens to the inputs of a model: at first, and in one run after the other. */
export type Story = readonly (readonly StoryEvent[])[];

/** The rows of each input after each chapter of a story. */
export type StoryState = ReadonlyMap<string, readonly TextRow[]>;

/** Deals the rows of the inputs out to chapters, and lets rows be made up, changed and taken away between. */
export function tellStory(inputs: readonly StoryInput[], dice: Dice, chapters: number): Story {
  const waiting = new Map(inputs.map((input) => [input.name, [...dice.shuffle(input.rows)]]));
  const present = new Map<string, Map<number, TextRow>>(inputs.map(({ name }) => [name, new Map()]));
  let ids = 0;
  const come = (input: StoryInput, row: TextRow | undefined): StoryEvent[] => {
    const rows = present.get(input.name);
    if (row === undefined || rows === undefined || !fits(input, [...rows.values()], row)) return [];
    const id = ids++;
    rows.set(id, row);
    return [{ input: input.name, id, row }];
  };
  const happens = (input: StoryInput): StoryEvent[] => {
    const rows = present.get(input.name) ?? new Map<number, TextRow>();
    const what = dice.pick(
      input.grows || rows.size === 0 ? (['come'] as const) : (['come', 'change', 'change', 'go'] as const),
    );
    if (what === 'come') {
      const next = waiting.get(input.name)?.shift();
      return come(input, next ?? newRow(input, dice));
    }
    const id = dice.pick([...rows.keys()]);
    const before = rows.get(id) ?? [];
    const row = what === 'go' ? undefined : changedRow(input, before, dice);
    if (row === undefined) rows.delete(id);
    else rows.set(id, row);
    return [{ input: input.name, id, row }];
  };
  const first = inputs.flatMap((input) => {
    const rows = waiting.get(input.name) ?? [];
    return rows.splice(0, dice.below(rows.length + 1)).flatMap((row) => come(input, row));
  });
  const later = Array.from({ length: chapters }, () => {
    const touched = inputs.filter(() => dice.chance(0.6));
    const some = touched.length > 0 || inputs.length === 0 ? touched : [dice.pick(inputs)];
    return some.flatMap((input) => Array.from({ length: 1 + dice.below(3) }, () => happens(input)).flat());
  });
  return [first, ...later];
}

/** The rows that somebody thought of, all at once, and `copies` more that are like them in much. */
export function crowdedStory(inputs: readonly StoryInput[], dice: Dice, copies: number): Story {
  return [
    inputs.flatMap((input) => {
      const rows = [...input.rows];
      for (let i = 0; i < copies; i++) {
        const row = newRow(input, dice);
        if (row !== undefined && fits(input, rows, row)) rows.push(row);
      }
      return rows.map((row, id) => ({ input: input.name, id, row }));
    }),
  ];
}

/** The rows after each chapter; undefined when two of them would have one key. */
export function statesOf(inputs: readonly StoryInput[], story: Story): readonly StoryState[] | undefined {
  const rows = new Map<string, Map<number, TextRow>>(inputs.map(({ name }) => [name, new Map()]));
  const states: StoryState[] = [];
  for (const events of story) {
    for (const { input, id, row } of events) {
      if (row === undefined) rows.get(input)?.delete(id);
      else rows.get(input)?.set(id, row);
    }
    const state = new Map([...rows].map(([name, now]) => [name, [...now.values()]]));
    if (!inputs.every((input) => isKeyed(input, state.get(input.name) ?? []))) return undefined;
    states.push(state);
  }
  return states;
}

/** Whether the rows are such as a table with this key has. */
export function isKeyed({ key }: Pick<StoryInput, 'key'>, rows: readonly TextRow[]): boolean {
  if (key.length === 0) return true;
  const keys = rows.map((row) => key.map((i) => row[i] ?? null));
  return (
    keys.every((one) => !one.includes(null)) && new Set(keys.map((one) => JSON.stringify(one))).size === rows.length
  );
}

function fits(input: StoryInput, rows: readonly TextRow[], row: TextRow): boolean {
  return isKeyed(input, [...rows, row]);
}

/** The rows that came and went between two states, as far as these columns tell; others have NULL. */
export function netRows(
  { before, after }: { readonly before: readonly TextRow[]; readonly after: readonly TextRow[] },
  looked: ReadonlySet<number>,
): { readonly gained: readonly TextRow[]; readonly lost: readonly TextRow[] } {
  const seen = (rows: readonly TextRow[]): TextRow[] =>
    rows.map((row) => row.map((text, i) => (looked.has(i) ? text : null)));
  const [old, now] = [seen(before), seen(after)];
  return { gained: withoutRows(now, old), lost: withoutRows(old, now) };
}

function withoutRows(rows: readonly TextRow[], others: readonly TextRow[]): readonly TextRow[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(JSON.stringify(row), (left.get(JSON.stringify(row)) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(JSON.stringify(row)) ?? 0;
    left.set(JSON.stringify(row), count - 1);
    return count <= 0;
  });
}
