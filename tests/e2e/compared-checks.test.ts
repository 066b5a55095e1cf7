import { afterAll, beforeAll, expect, it } from 'vitest';
import { removeFolder, succeed } from '../support/command.ts';
import { createProject } from '../support/project.ts';
import type { TestProject } from '../support/project.ts';

const model = `/* ---
check:
  warn:
    row_count: as usual
    fresh: seen as usual
    drift:
      - amount within 20% of last release
      - kind within 20% of last week
      - seen within 100% of last week
--- */
select id, kind, amount, seen from bronze.events
`;

let project: TestProject;
let day = 0;

interface Day {
  readonly kinds: readonly (string | null)[];
  readonly amounts: readonly number[];
  /** How many days before now the newest row is. */
  readonly lag?: number;
}

/** Replaces the rows, as of another day, and runs; which checks were broken, and what they say. */
async function broken({ kinds, amounts, lag = 0 }: Day): Promise<readonly string[]> {
  day += 1;
  const now = new Date(Date.UTC(2026, 2, day, 12));
  const seen = new Date(now.getTime() - lag * 86_400_000).toISOString();
  await project.write(
    'lakesmith.yml',
    `lakesmith: 1\nname: test\nlake: ./lake\ntimezone: UTC\nclock: ${now.toISOString()}\n`,
  );
  const rows = amounts.map((amount, id) => ({ id, kind: kinds[id % kinds.length], amount, seen }));
  await project.write(
    `landing/${String(day).padStart(3, '0')}.json`,
    rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  );
  await project.runs();
  const found = await project.query(
    'select name, message from system.quality where broken > 0 and run = (select max(run) from system.runs) order by 1',
  );
  return found.map(({ message }) => String(message));
}

const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

beforeAll(async () => {
  project = await createProject({
    'bronze/events.yml':
      'files: landing/*.json\neach_file: replaces\ntypes:\n  kind: VARCHAR\n  amount: DOUBLE\n  seen: TIMESTAMP\n',
    'silver/events.sql': model,
  });
});
afterAll(() => removeFolder(project.folder));

it('has nothing to say of what has no past', async () => {
  expect(await broken({ kinds: ['a', 'b'], amounts: ten })).toEqual([]);
});

it('says how far values have moved since the last release', async () => {
  // Up to 3 lie 3 of 10, then 6 of 10; no other border is farther apart.
  expect(await broken({ kinds: ['a', 'b'], amounts: [1, 1, 2, 2, 3, 3, 7, 8, 9, 10] })).toEqual([
    'drift: 30.0 % of amount is distributed differently than in last release, more than 20 %',
  ]);
  expect(await broken({ kinds: ['a', 'b'], amounts: [1, 1, 2, 2, 3, 3, 7, 8, 9, 10] })).toEqual([]);
});

it('says how far they have moved since a week ago, and counts NULL as a value', async () => {
  day = 7;
  // Half of a and half of b became a tenth of each and eight tenths of c and NULL: 0.4 + 0.4 moved.
  const kinds = ['a', 'b', 'c', 'c', 'c', 'c', null, null, null, null];
  expect(await broken({ kinds, amounts: [1, 1, 2, 2, 3, 3, 7, 8, 9, 10] })).toEqual([
    'drift_2: 80.0 % of kind is distributed differently than in last week, more than 20 %',
  ]);
});

it('knows after some runs how many rows are usual, and how old the newest is', async () => {
  day = 40;
  const quiet: Day = { kinds: ['a', 'b'], amounts: ten };
  await broken(quiet);
  day = 60;
  await broken({ ...quiet, amounts: [...ten, 10] });
  expect(await broken(quiet)).toEqual([]);
  const messages = await broken({ ...quiet, amounts: [...ten, ...ten], lag: 3 });
  expect(messages).toEqual([
    'fresh: seen: the newest is 3 days old, and it is mostly 0 seconds old',
    expect.stringMatching(/^row_count: 20 rows are outside the bounds \(there were 10, and mostly 0 come or go\)$/),
  ]);
});

it('shows since when a check is broken, and what it measured', async () => {
  const shown = JSON.parse(await succeed(['quality', 'silver.events', '--json', '--project', project.folder])) as {
    readonly newest: { readonly name: string; readonly value?: number };
    readonly run: number;
    readonly brokenSince: number;
    readonly broken: readonly { readonly run: number; readonly broken: number; readonly value?: number }[];
  }[];
  expect(shown.map(({ newest: { name, value }, run, brokenSince }) => [name, value, run - brokenSince])).toEqual([
    ['row_count', 20, 0],
    ['fresh', 3 * 86_400, 0],
  ]);
  expect(shown[0]?.broken.slice(-4).map(({ broken: rows, value }) => [rows, value])).toEqual([
    [0, 10],
    [0, 11],
    [0, 10],
    [1, 20],
  ]);
  const text = await succeed(['quality', '--project', project.folder]);
  expect(text).toContain('▁▁▁▁▁▁▁█');
  expect(text).toContain('2 of 5 rules and checks are broken');
});
