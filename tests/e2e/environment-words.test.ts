import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';
import { writeBatch, writeSmallProject } from '../support/small-project.ts';

// A command that is told as the next one must do what was meant where it is pasted.
let folder = '';
const told = async (...args: string[]): Promise<string> => {
  const { stdout, stderr } = await lakesmith(args, { cwd: folder });
  return `${stdout}${stderr}`;
};

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeSmallProject(folder);
  await writeBatch(folder, 0);
  await appendFile(join(folder, 'lakesmith.yml'), 'environments:\n  other:\n    lake: ./other\n');
  await succeed(['run'], { cwd: folder });
});
afterAll(() => removeFolder(folder));

it('an environment that is there already is told so, and stays as it is', async () => {
  expect(await told('env', 'create', 'x')).toMatch(/^x ─ \d tables of local release 1\n$/);
  expect(await told('env', 'create', 'x')).toBe(
    'x is there already ─ it stands on local release 1; nothing was changed\n',
  );
  expect(JSON.parse(await told('env', 'create', 'x', '--json'))).toEqual({
    ok: true,
    environment: 'x',
    base: 'local',
    release: 1,
    created: false,
  });
  await succeed(['env', 'create', 'y', '--from', 'x'], { cwd: folder });
  expect(await told('env', 'create', 'y')).toContain('LS4001  y is there already, and stands on x, not on local');
});

it('commands that are told name the environment', async () => {
  const first = 'There is no release yet: `lakesmith run --env other` makes the first.';
  for (const words of [
    ['tables'],
    ['query', 'select 1'],
    ['verify'],
    ['profile', 'silver.flat'],
    ['why', 'silver.flat', 'id=1'],
  ])
    expect(await told(...words, '--env', 'other'), words.join(' ')).toContain(first);
  expect(await told('status', '--env', 'other')).toContain('`lakesmith run --env other` makes the first');
  expect(await told('release', 'list', '--env', 'other')).toContain('`lakesmith run --env other` makes the first');
  expect(await told('status', '--env', 'x')).toContain('`lakesmith verify --sample --env x`');
  expect(await told('status')).toContain('`lakesmith verify --sample`');
});

it('a plan tells the command that does what it shows', async () => {
  const does = (command: string): string => `nothing was changed · \`lakesmith ${command}\` does this`;
  expect(await told('plan', '--env', 'other')).toContain(does('run --env other'));
  expect(await told('plan', '+silver.flat', '--full')).toContain(does('run +silver.flat --full'));
  expect(await told('plan', 'silver.*', '--full', '--env', 'x')).toContain(does("run 'silver.*' --full --env x"));
  await writeFile(
    join(folder, 'gold/by_kind.sql'),
    'select kind, count(*) + 1 as events from silver.events group by kind\n',
  );
  await succeed(['run', '--env', 'x'], { cwd: folder });
  expect(await told('env', 'promote', 'x', '--dry-run')).toContain(does('env promote x'));
});
