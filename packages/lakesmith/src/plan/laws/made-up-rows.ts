import type { Dice } from '../../core/dice.ts';
import type { StoryInput, TextRow } from './story.ts';

/** A row like those that somebody thought of; undefined where there is none to begin with. */
export function newRow(input: StoryInput, dice: Dice): TextRow | undefined {
  if (input.rows.length === 0) return undefined;
  const row = changedRow(input, dice.pick(input.rows), dice);
  return row.map((text, i) => (input.key.includes(i) && dice.chance(0.7) ? otherKey(input, i, dice) : text));
}

/** The row with other values where others have others; its key stays. */
export function changedRow(input: StoryInput, row: TextRow, dice: Dice): TextRow {
  const open = input.columns.flatMap((_, i) =>
    !input.key.includes(i) && input.rows.some((one) => (one[i] ?? null) !== null) ? [i] : [],
  );
  if (open.length === 0) return row;
  const edited = [...row];
  for (let times = 1 + dice.below(2); times > 0; times--) {
    const at = dice.pick(open);
    edited[at] = dice.chance(0.1) ? null : (dice.pick(input.rows)[at] ?? null);
  }
  return edited;
}

const wholeNumbers: ReadonlySet<unknown> = new Set(['long', 'integer', 'short', 'byte']);

/** A value that a key may have: one that it has somewhere, or one more. */
function otherKey({ rows, columns }: StoryInput, at: number, dice: Dice): string | null {
  const known = rows.flatMap((row) => row[at] ?? []);
  const type = columns[at]?.type;
  if (dice.chance(0.3) || known.length === 0) return known.length === 0 ? null : dice.pick(known);
  if (wholeNumbers.has(type)) return String(dice.below(100));
  return type === 'string' ? `${dice.pick(known)}${dice.below(10)}` : dice.pick(known);
}
