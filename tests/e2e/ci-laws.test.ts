import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { incrementalLaw } from '../../packages/lakesmith/src/run/laws/incremental-law.ts';
import { removeFolder } from '../support/command.ts';
import { succeedHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

vi.mock('../../packages/lakesmith/src/run/laws/incremental-law.ts', { spy: true });

let project: TestProject;
const flat = (sql: string): string => `/* ---\nkey: a\n---*/\nselect a, ${sql} from bronze.events\n`;
const test = (row: number): string =>
  `test: silver.flat\ngiven:\n  bronze.events: |\n    a\n    ${row}\nexpect: |\n  a\n  ${row}\n`;

beforeEach(async () => {
  project = await createProject({
    'lakesmith.yml': 'lakesmith: 1\nname: t\nlake: ./lake\ntimezone: UTC\nenvironments:\n  prod:\n    lake: ./prod\n',
    'bronze/events.yml': 'files: landing/*.json\n',
    'landing/a.json': '{"a":1}\n{"a":2}\n',
    'silver/flat.sql': flat('a as b'),
    'tests/flat.test.yml': test(3),
  });
  await succeedHere(['run', '--env', 'prod', '--project', project.folder]);
});
afterEach(() => removeFolder(project.folder));

/** How often the laws of a model were tried, and what was told of them. */
async function tried(...command: readonly string[]): Promise<{ readonly times: number; readonly told: string }> {
  vi.mocked(incrementalLaw).mockClear();
  const said = await succeedHere([...command, '--project', project.folder]);
  const told = /^1 passed.*$/m.exec(said)?.[0] ?? '';
  return { times: vi.mocked(incrementalLaw).mock.calls.length, told };
}

it('ci tries the laws of what changed once, until the model or its tests change', async () => {
  const ci = ['ci', '--base', 'prod'];
  await project.write('silver/flat.sql', flat('a * 2 as b'));
  const first = await tried(...ci);
  expect(first).toEqual({ times: 1, told: expect.stringMatching(/laws: .* cases?$/) });
  expect(await tried(...ci)).toEqual({ times: 0, told: first.told });
  // What `test` asks of the same environment is the same.
  expect((await tried('test', '--env', 'prod')).times).toBe(0);
  await project.write('tests/flat.test.yml', test(4));
  expect((await tried(...ci)).times).toBe(1);
  await project.write('silver/flat.sql', flat('a * 3 as b'));
  expect((await tried('test', '--env', 'prod')).times).toBe(1);
  expect((await tried(...ci)).times).toBe(0);
  expect((await tried(...ci, '--seed', '2')).times).toBe(1);
});
