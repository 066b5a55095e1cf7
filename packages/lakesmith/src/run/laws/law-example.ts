import type { Story, StoryState } from '../../plan/laws/story.ts';
import { statesOf } from '../../plan/laws/story.ts';
import { rowBlockLines } from '../../project/row-block-text.ts';
import type { Scalar } from '../../engine/engine.ts';
import { readRows } from '../read-rows.ts';
import { inputRows } from './keep-up.ts';
import type { LawWorld } from './law-world.ts';
import type { PlayedStory } from './play-story.ts';

type Rows = readonly (readonly Scalar[])[];

/** A story in which a table that is kept up goes wrong, as a test of what its model makes. What a test cannot say stands beside it. */
export async function storyExample(world: LawWorld, story: Story, { differs }: PlayedStory): Promise<string> {
  const { material, columns } = world;
  const told = story.slice(0, (differs?.chapter ?? story.length) + 1);
  const states = statesOf(material.inputs, told) ?? [];
  const last = states.at(-1);
  const names = columns.map(({ name }) => name);
  const before = told.length > 1 ? states.at(-2) : undefined;
  const notes = [
    ...(differs === undefined
      ? []
      : [
          ...noted('rows that are missing when it is kept up', names, differs.missing),
          ...noted('rows that are too much then', names, differs.unexpected),
        ]),
    ...material.inputs.flatMap((input) =>
      before === undefined
        ? []
        : noted(
            `${input.name} in the run before`,
            input.columns.map(({ name }) => name),
            before.get(input.name) ?? [],
          ),
    ),
  ];
  return await testText(world, last ?? new Map(), notes);
}

/** A test of what the model makes of these rows, with notes above. */
export async function testText(world: LawWorld, state: StoryState, notes: readonly string[]): Promise<string> {
  const { engine, bound, columns, sql, material, model } = world;
  const relations = inputRows(world, state);
  const made = await readRows(engine, { sql, relations, columns, timezone: bound.project.timezone });
  const given = material.inputs.map((input) => ({
    name: input.name,
    lines: blockOf(
      input.columns.map(({ name }) => name),
      state.get(input.name) ?? [],
    ),
  }));
  const { now } = material.test;
  return [
    ...notes.map((note) => `# ${note}`),
    `test: ${model.name}`,
    ...(now === undefined ? [] : [`now: ${now.text}`]),
    'given:',
    ...given.flatMap(({ name, lines }) => [`  ${name}: |`, ...lines.map((line) => `    ${line}`)]),
    'expect: |',
    ...blockOf(
      columns.map(({ name }) => name),
      made.rows,
    ).map((line) => `  ${line}`),
  ].join('\n');
}

/** Rows in the lines of a comment. */
export function noted(what: string, names: readonly string[], rows: Rows): readonly string[] {
  return rows.length === 0 ? [`${what}: none`] : [`${what}:`, ...blockOf(names, rows).map((line) => `  ${line}`)];
}

/** Columns that are NULL in all rows are left out. */
function blockOf(names: readonly string[], rows: Rows): readonly string[] {
  const told = [...names.keys()].filter((i) => rows.some((row) => (row[i] ?? null) !== null));
  const shown = told.length > 0 ? told : [0];
  return rowBlockLines(
    shown.map((i) => names[i] ?? ''),
    rows.map((row) => shown.map((i) => row[i] ?? null)),
  );
}
