import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../support/command.ts';
import { lakesmith as lakesmithProgram, program, removeFolder, root, succeed } from '../support/command.ts';
import { filesOutside } from '../support/environment-world.ts';
import { runHere } from '../support/in-process.ts';
import { createProject } from '../support/project.ts';
import type { TestProject } from '../support/project.ts';

let project: TestProject;
const lakesmith = async (...args: string[]): Promise<Answer> => await runHere([...args, '--project', project.folder]);
const lake = (): string => join(project.folder, 'prod');
const report = async (): Promise<string> => await readFile(join(project.folder, 'report.md'), 'utf8');
const flat = (sql: string, rules = ''): string => `/* ---\nkey: a\n${rules}--- */\nselect ${sql} from bronze.events\n`;
const test = (b: number): string =>
  `test: silver.flat\ngiven:\n  bronze.events: |\n    a\n    3\nexpect: |\n  a, b\n  3, ${b}\n`;

beforeEach(async () => {
  project = await createProject({
    'lakesmith.yml':
      'lakesmith: 1\nname: t\nlake: ./lake\ntimezone: UTC\nenvironments:\n  prod:\n    lake: ./prod\n  pre:\n    base: prod\n',
    'bronze/events.yml': 'files: landing/*.json\n',
    'landing/a.json': '{"a":1}\n{"a":2}\n',
    'silver/flat.sql': flat('a, a as b'),
    'gold/total.sql': 'select sum(b)::bigint as total from silver.flat\n',
    'gold/other.sql': 'select 1 as x\n',
    'tests/flat.test.yml': test(3),
  });
  await succeed(['run', '--env', 'prod', '--project', project.folder]);
});
afterEach(() => removeFolder(project.folder));

/** Runs it, and sees that nothing is left of its environment and nothing else changed. */
async function ci(...args: string[]): Promise<Answer> {
  const before = await filesOutside(lake(), 'none');
  const answer = await lakesmith('ci', '--base', 'prod', '--markdown', join(project.folder, 'report.md'), ...args);
  expect(await filesOutside(lake(), 'none')).toEqual(before);
  for (const folder of ['_env', '_lakesmith/environments'])
    expect(await readdir(join(lake(), folder)).catch(() => [])).toEqual([]);
  return answer;
}

describe('ci', () => {
  it('makes what changed with what is made from it, and tells what is otherwise', async () => {
    await project.write('silver/flat.sql', flat('a, a * 2 as b'));
    await project.write('tests/flat.test.yml', test(6));
    const { code, stdout, stderr } = await ci();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^1 passed · laws: .*\bcases$/m);
    expect(stdout).toMatch(/^run 1 in ci-[0-9a-f]{8} ─ 2 tables differ from prod, 2 are prod's own$/m);
    expect(stdout).toMatch(/^ {5}b: 2 rows$/m);
    expect(stdout.endsWith('ci ─ passed\n')).toBe(true);
    const text = await report();
    expect(text.startsWith('## lakesmith ci: passed\n')).toBe(true);
    expect(text).toContain('| check | ok, 4 tables |');
    expect(text).toContain('| tests | 1 passed |');
    expect(text).toMatch(/^\| laws \| \d+ holds?\b.*, \d+ cases \|$/m);
    expect(text).toContain('| compared with | prod release 1 |');
    expect(text).toMatch(/\| `gold\.total` \| full \| 1 \| /);
    expect(text).toContain('{"a":2}  2 → 4');
  });

  it('has nothing to make when nothing changed', async () => {
    const { code, stdout } = await ci();
    expect([code, stdout]).toEqual([0, expect.stringContaining('no differences · 4 tables equal')]);
    expect(stdout).toContain('1 passed\n');
    const text = await report();
    expect(text).toContain("every table is prod's own");
    expect(text).toContain('| laws | of what changed, none has tests that give it rows |');
  });

  it('fails with a test, and tells the rest', async () => {
    await project.write('silver/flat.sql', flat('a, a * 2 as b'));
    const { code, stdout } = await ci();
    expect([code, stdout]).toEqual([1, expect.stringContaining('ci ─ 1 test failed\n')]);
    const text = await report();
    expect(text.startsWith('## lakesmith ci: failed\n')).toBe(true);
    expect(text).toContain('| tests | 1 failed, 0 passed |');
    expect(text).toContain('- 1 row expected and not made');
    expect(text).toContain('### prod → ci-');
  });

  it('fails with a law of what changed, and tries none where that is not asked for', async () => {
    await project.write(
      'silver/flat.sql',
      '/* ---\nkey: a\n--- */\nselect a, b from bronze.pairs qualify row_number() over (partition by a order by a) = 1\n',
    );
    await project.write('bronze/pairs.yml', 'files: pairs/*.csv\n');
    await project.write('pairs/a.csv', 'a,b\n1,1\n');
    await project.write(
      'tests/flat.test.yml',
      'test: silver.flat\narrival: any\ngiven:\n  bronze.pairs: |\n    a, b\n    1, 10\n    1, 12\nexpect: |\n  a\n  1\n',
    );
    const { code, stdout } = await ci();
    expect([code, stdout]).toEqual([1, expect.stringContaining('ci ─ laws of 1 model are broken\n')]);
    const text = await report();
    expect(text.startsWith('## lakesmith ci: failed\n')).toBe(true);
    expect(text).toContain('| tests | 1 passed |');
    expect(text).toMatch(/^\| laws \| 1 broken, .*\|$/m);
    expect(text).toMatch(/<summary>laws of silver\.flat<[^]*any order of arrival is broken, seed 1; as a test:/);
    const told = JSON.parse((await ci('--json')).stdout) as { laws: { table: string }[] };
    expect(told.laws.map(({ table }) => table)).toEqual(['silver.flat']);
    const without = await ci('--no-laws');
    expect([without.code, await report()]).toEqual([0, expect.not.stringContaining('| laws |')]);
  });

  it('fails with a table that cannot be made', async () => {
    await project.write('silver/flat.sql', flat('a, a as b', 'expect:\n  fail:\n    small: a < 2\n'));
    const { code, stdout } = await ci();
    expect([code, stdout]).toEqual([1, expect.stringContaining('ci ─ 1 table could not be made\n')]);
    expect(await report()).toMatch(/\| `silver\.flat` \| \*\*failed\*\* \|  \| .*small/);
  });

  it('tells rules that are broken and were not', async () => {
    const rules = 'expect:\n  warn:\n    small: a < 2\n    tiny: a < 1\n';
    await project.write('silver/flat.sql', flat('a, a as b', rules.replace('    tiny: a < 1\n', '')));
    await lakesmith('run', '--env', 'prod');
    await project.write('silver/flat.sql', flat('a, a as b', rules));
    const { code, stdout } = await ci('--json');
    const told = JSON.parse(stdout) as { quality: unknown };
    expect([code, told.quality]).toEqual([
      0,
      [expect.objectContaining({ table: 'silver.flat', name: 'tiny', broken: 2, before: null })],
    ]);
    expect(await report()).toContain('| silver.flat | tiny | warn | 2 of 2 | not asked |');
  });

  it('ends with 2 when the project is wrong, before anything is made', async () => {
    await project.write('silver/flat.sql', flat('a, nothing as b'));
    const { code, stdout, stderr } = await ci();
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('LS1204')]);
    expect(await report()).toMatch(/\| check \| \*\*failed\*\* \|[^]*LS1204 {2}silver\/flat\.sql/);
  });

  it('stands on an environment that is one itself, and keeps its own when asked to', async () => {
    await lakesmith('run', '--env', 'pre');
    await project.write('gold/other.sql', 'select 2 as x\n');
    const { code, stdout } = await lakesmith('ci', '--base', 'pre', '--keep');
    const [, name = ''] = /^(ci-[0-9a-f]{8}) is kept: lakesmith env drop \1$/m.exec(stdout) ?? [];
    expect([code, await readdir(join(lake(), '_env'))]).toEqual([0, expect.arrayContaining([name, 'pre'])]);
    const { stdout: rows } = await lakesmith('query', 'select x from gold.other', '--json', '--env', name);
    expect(JSON.parse(rows)).toEqual([{ x: 2 }]);
    expect((await lakesmith('env', 'drop', name)).code).toBe(0);
  });

  it('refuses a base without a release, and a report that cannot be written', async () => {
    const none = await lakesmith('ci');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('LS3001')]);
    const nowhere = await lakesmith('ci', '--base', 'prod', '--markdown', join(project.folder, 'none/report.md'));
    expect([nowhere.code, nowhere.stdout, nowhere.stderr]).toEqual([2, '', expect.stringContaining('LS4005')]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind when it is asked to stop (%s)', async (signal) => {
    await project.write(
      'gold/total.sql',
      'select count(*) as total from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 1\n',
    );
    const before = await filesOutside(lake(), 'none');
    const file = join(project.folder, 'report.md');
    const args = [program, 'ci', '--base', 'prod', '--markdown', file, '--project', project.folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(child, 'exit');
    let said = '';
    for await (const chunk of child.stdout) {
      said += String(chunk);
      if (said.includes('run 1 ─')) child.kill(signal);
    }
    expect(await ended).toEqual([1, null]);
    expect(await filesOutside(lake(), 'none')).toEqual(before);
    expect(await readdir(join(lake(), '_env'))).toEqual([]);
    expect((await report()).startsWith('## lakesmith ci: failed\n')).toBe(true);
  });

  it.each(['github-actions.yml', 'azure-pipelines.yml'])('does what docs/ci/%s says', async (example) => {
    const text = await readFile(join(root, 'docs/ci', example), 'utf8');
    const commands = [...text.matchAll(/npx lakesmith (.*)$/gm)].map(([, args = '']) => args);
    expect(commands.length).toBeGreaterThan(0);
    await project.write('gold/other.sql', 'select 2 as x\n');
    for (const command of commands) {
      const args = command.replaceAll(/\$\([\w.]+\)/g, project.folder).split(' ');
      const { code, stderr } = await lakesmithProgram(args, { cwd: project.folder });
      expect([code, stderr], command).toEqual([0, '']);
    }
    expect(await report()).toContain('| `gold.other` |');
    await rm(join(project.folder, 'report.md'));
  });
});
