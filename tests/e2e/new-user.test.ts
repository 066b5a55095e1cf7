import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, root, temporaryFolder } from '../support/command.ts';
import { blocksOf, expectShown } from '../support/page.ts';

const readme = async (): Promise<readonly string[]> =>
  blocksOf(await readFile(join(root, 'README.md'), 'utf8')).map(({ text }) => text);
/** What depends on the machine is the same for all: seconds, and its size. */
const anyMachine = (text: string): string =>
  text.replaceAll(/\d+\.\d s\b/g, '0.0 s').replaceAll(/\d+ at a time, \d+ GB memory/g, 'at a time');

/** A fresh clone: what git knows or would add, and the dependencies as `npm install` would link them. */
let clone = '';
beforeAll(async () => {
  clone = await temporaryFolder();
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const deleted = execFileSync('git', ['ls-files', '-d'], { cwd: root, encoding: 'utf8' }).split('\n');
  for (const file of listed.trim().split('\n')) {
    if (!deleted.includes(file)) await cp(join(root, file), join(clone, file), { recursive: true });
  }
  await link();
});
afterAll(() => removeFolder(clone));

async function link(): Promise<void> {
  const modules = join(clone, 'node_modules');
  await mkdir(join(modules, '@lakesmith'), { recursive: true });
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name !== 'lakesmith' && name !== '@lakesmith')
      await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  await symlink(join(clone, 'packages/lakesmith'), join(modules, 'lakesmith'), 'dir');
  await symlink(join(clone, 'packages/delta'), join(modules, '@lakesmith/delta'), 'dir');
}

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function say(program: string, args: readonly string[], cwd: string): Said {
  const env = { ...process.env, NO_COLOR: '1', npm_config_offline: 'true', npm_config_update_notifier: 'false' };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe('a new user', () => {
  it('starts the sample twice and sees what README.md shows, and what the next day changed', async () => {
    const first = say('npm', ['start'], clone);
    expect(first.code, first.err + first.out).toBe(0);
    const shown = (await readme()).find((text) => text.startsWith('run 1 ─')) ?? '';
    expectShown(anyMachine(shown).trim().split('\n'), anyMachine(first.out), 'npm start');
    expect(first.out).toContain('retail/  5 sources · 12 models');
    expect(first.out).toMatch(/release 1 ─ 18 tables/);
    expect(first.out).toContain('3 rows are in quarantine');
    expect(first.out).toMatch(/DACH +12385\.22 +62/);

    const second = say('npm', ['start'], clone);
    expect(second.code, second.err + second.out).toBe(0);
    expect(second.out).toContain('It is 2026-03-11. This arrives:');
    expect(second.out).toMatch(/^ {2}\+ retail\/landing\/orders\//m);
    expect(second.out).toMatch(/… \d+ unchanged/);
    expect(second.out).toMatch(/release 2 ─ 18 tables/);
    expect(second.out).toContain('2026-03-11');
    expect(second.out).not.toMatch(/DACH +12385\.22 +62/);
  });

  it('writes the model of README.md above the sources of the sample, and runs it', async () => {
    const project = join(clone, 'model');
    for (const part of ['bronze/orders.yml', 'landing/orders'])
      await cp(join(root, 'samples/retail', part), join(project, part), { recursive: true });
    await writeFile(join(project, 'lakesmith.yml'), 'lakesmith: 1\nname: model\nlake: ./lake\n');
    const sql = (await readme()).find((text) => text.startsWith('-- silver/orders.sql'));
    await mkdir(join(project, 'silver'));
    await writeFile(join(project, 'silver/orders.sql'), sql ?? '');
    const { code, out, err } = say(
      process.execPath,
      [join(clone, 'packages/lakesmith/bin/lakesmith.js'), 'run'],
      project,
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/silver\.orders .*⊘ 1 quarantined/);
  });

  it('gets the sample and the schemas with the package', () => {
    const { code, out, err } = say('npm', ['pack', '--dry-run', '--json', '-w', 'packages/lakesmith'], clone);
    expect(code, err).toBe(0);
    const [packed] = JSON.parse(out.slice(out.indexOf('['))) as { files: { path: string }[] }[];
    const paths = packed?.files.map((file) => file.path) ?? [];
    for (const path of ['bin/lakesmith.js', 'samples/retail/lakesmith.yml', 'schemas/project.json'])
      expect(paths).toContain(path);
  });

  it('goes from a file to a rule, a broken row, its correction and its replay', async () => {
    const program = join(clone, 'packages/lakesmith/bin/lakesmith.js');
    const project = join(clone, 'shop');
    const lakesmith = (...args: string[]): Said =>
      say(process.execPath, [program, ...args], args[0] === 'init' ? clone : project);
    const done = (...args: string[]): string => {
      const { code, out, err } = lakesmith(...args);
      expect({ code, err }, `${args.join(' ')}\n${out}${err}`).toEqual({ code: 0, err: '' });
      return out;
    };
    const write = async (path: string, text: string): Promise<void> => {
      await mkdir(dirname(join(clone, path)), { recursive: true });
      await writeFile(join(clone, path), text);
    };

    await write('orders.csv', 'id,state,amount,at,Due Day,later\n1,paid,10.50,a,b,\n2, Paid,3.20,,,\n3,open,7.00,,,\n');
    done('init', 'shop', '--from', 'orders.csv');
    expect(await readFile(join(project, 'lakesmith.yml'), 'utf8')).toContain(
      '# yaml-language-server: $schema=../node_modules/lakesmith/schemas/project.json\n',
    );
    expect(done('run')).toContain('release 1 ─ 2 tables');

    const model = (state: string): string =>
      `/* ---\nkey: id\nexpect:\n  quarantine:\n    known_state: state in ('paid', 'open')\n--- */\nselect id, ${state} as state, amount::decimal(12, 2) as amount\nfrom bronze.orders\n`;
    await write('shop/silver/orders.sql', model('stat'));
    const wrong = lakesmith('check');
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).toContain('silver/orders.sql:7:12');
    expect(wrong.err).toContain('Did you mean state?');

    await write('shop/silver/orders.sql', model('state'));
    await write('shop/gold/states.sql', 'select state, sum(amount) as amount from silver.orders group by state\n');
    expect(done('plan')).toMatch(/silver\.orders +full/);
    expect(done('run')).toContain('1 row is in quarantine');
    expect(done('quarantine')).toMatch(/silver\.orders +id 2 +known_state +landing\/orders\/orders\.csv:3/);
    const sums = ['query', 'from gold.states order by state', '--format', 'csv'] as const;
    expect(done(...sums)).toBe('state,amount\nopen,7.00\npaid,10.50\n');

    await write('shop/silver/orders.sql', model('lower(trim(state))'));
    done('replay', 'silver.orders');
    expect(done('quarantine')).toBe('no rows are in quarantine\n');
    expect(done('quarantine', '--all')).toMatch(/id 2 .*replayed/);
    expect(done(...sums)).toBe('state,amount\nopen,7.00\npaid,13.70\n');
    expect(done('run')).toContain('nothing to do · 3 tables unchanged');
  });
});
