import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLease } from '../../packages/lakesmith/src/run/lease.ts';
import { openStore } from '../../packages/lakesmith/src/storage/open.ts';
import type { Answer } from '../support/command.ts';
import { removeFolder } from '../support/command.ts';
import { filesOutside } from '../support/environment-world.ts';
import { runHere } from '../support/in-process.ts';
import { createProject } from '../support/project.ts';
import type { TestProject } from '../support/project.ts';
import { newestRelease } from '../support/read-lake.ts';

let project: TestProject;
const lakesmith = async (...args: string[]): Promise<Answer> => await runHere([...args, '--project', project.folder]);
const succeed = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await lakesmith(...args);
  expect(code, `${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
};
const ask = async (sql: string, ...more: string[]): Promise<unknown> =>
  JSON.parse(await succeed('query', sql, '--json', ...more)) as unknown;
const settings = (day: string): string =>
  `lakesmith: 1\nname: t\nlake: ./lake\ntimezone: UTC\nclock: ${day}T12:00:00Z\nenvironments:\n  vat: {}\n`;
const flat = (factor: number): string => `select a * ${factor} as a from bronze.events\n`;

beforeEach(async () => {
  project = await createProject({
    'lakesmith.yml': settings('2026-03-10'),
    'bronze/events.yml': 'files: landing/*.json\n',
    'landing/a.json': '{"a":1}\n',
    'silver/flat.sql': flat(1),
    'gold/total.sql': 'select sum(a)::bigint as a from silver.flat\n',
    'gold/today.sql': 'select current_date as today, 1 as version\n',
  });
  await succeed('run');
});
afterEach(() => removeFolder(project.folder));

const lake = (): string => join(project.folder, 'lake');

describe('an environment', () => {
  it('makes a table again when an input has the same version in another place', async () => {
    await project.write('landing/b.json', '{"a":2}\n');
    await succeed('run');
    await succeed('env', 'create', 'vat');
    await project.write('landing/c.json', '{"a":4}\n');
    await succeed('run', 'bronze.events', '--env', 'vat', '--load');
    const prod = (await newestRelease(lake()))?.tables['bronze.events'];
    const vat = (await newestRelease(join(lake(), '_env/vat')))?.tables['bronze.events'];
    expect([vat?.version, vat?.path]).toEqual([prod?.version, '_env/vat/bronze/events']);
    await succeed('run', '--env', 'vat');
    expect(await ask('select a::int as a from gold.total', '--env', 'vat')).toEqual([{ a: 7 }]);
    expect(await ask('select a::int as a from gold.total')).toEqual([{ a: 3 }]);
  });

  it('says how much of it differs from its base', async () => {
    await project.write('silver/flat.sql', flat(2));
    await succeed('env', 'create', 'vat');
    const told = "2 tables differ from local, 2 are local's own";
    expect(await succeed('plan', '--env', 'vat')).toMatch(new RegExp(`^vat after it ─ ${told}$`, 'm'));
    expect(await succeed('run', '--env', 'vat')).toMatch(new RegExp(`^run 1 in vat ─ ${told}$`, 'm'));
    // The third is answered from a note.
    for (let i = 0; i < 3; i += 1) {
      const quiet = await succeed('run', '--env', 'vat');
      expect(quiet).toMatch(new RegExp(`^nothing to do .*\nvat ─ ${told}$`, 'm'));
    }
    const standing = { environment: 'vat', base: 'local', own: ['silver.flat', 'gold.total'], shared: 2 };
    const json = JSON.parse(await succeed('run', '--env', 'vat', '--json')) as { standing: { own: string[] } };
    expect({ ...json.standing, own: new Set(json.standing.own) }).toEqual({ ...standing, own: new Set(standing.own) });
    expect(await succeed('run')).not.toContain('own');
  });

  it('is not dropped while a run of it holds its lease', async () => {
    await succeed('run', '--env', 'vat', '--load');
    const before = await filesOutside(lake(), 'none');
    const lease = await takeLease(await openStore(join(lake(), '_env/vat')));
    const { code, stderr } = await lakesmith('env', 'drop', 'vat');
    await lease.release();
    expect([code, stderr]).toEqual([1, expect.stringContaining('LS3302')]);
    const after = await filesOutside(lake(), 'none');
    const isLease = (path: string): boolean => path.endsWith('_lakesmith/lease.json');
    expect([...after].filter(([path]) => !isLease(path))).toEqual([...before].filter(([path]) => !isLease(path)));
    await succeed('env', 'drop', 'vat');
    expect(await readdir(join(lake(), '_env'))).toEqual([]);
  });

  it('is left alone by vacuum while a run of it is at work, and what it stands on stays', async () => {
    await project.write('silver/flat.sql', flat(2));
    await succeed('run', '--env', 'vat');
    await project.write('silver/flat.sql', flat(3));
    await succeed('run', '--env', 'vat');
    await succeed('run');
    const mine = async (): Promise<readonly string[]> =>
      (await readdir(join(lake(), '_env/vat/silver/flat'))).filter((name) => name.endsWith('.parquet'));
    const lease = await takeLease(await openStore(join(lake(), '_env/vat')));
    const drop = ['vacuum', '--retain', '0s', '--keep-releases', '1', '--json'];
    const busy = JSON.parse(await succeed(...drop)) as { busy: string[]; releases: unknown[]; files: string[] };
    await lease.release();
    expect(busy.busy).toEqual(['vat']);
    expect(busy.files.filter((path) => path.startsWith('_env/'))).toEqual([]);
    expect((await mine()).length).toBe(2);
    // Release 1 is the one that it stands on.
    expect(busy.releases).toEqual([]);
    expect(await ask('select today::varchar as today from gold.today', '--env', 'vat')).toEqual([
      { today: '2026-03-10' },
    ]);
    const free = JSON.parse(await succeed(...drop)) as { busy: string[]; files: string[] };
    expect([free.busy, (await mine()).length]).toEqual([[], 1]);
    expect(await ask('select a::int as a from silver.flat', '--env', 'vat')).toEqual([{ a: 3 }]);
  });
});

describe('env promote refuses', () => {
  /** Its words, and that nothing was written. */
  const refusal = async (): Promise<string> => {
    const before = await filesOutside(lake(), 'none');
    const { code, stderr } = await lakesmith('env', 'promote', 'vat');
    expect([code, stderr]).toEqual([1, expect.stringContaining('LS3304')]);
    expect(await filesOutside(lake(), 'none')).toEqual(before);
    return stderr;
  };

  it('an environment that has no release', async () => {
    await succeed('env', 'create', 'vat');
    await rm(join(lake(), '_env/vat/_lakesmith/releases'), { recursive: true });
    expect(await refusal()).toContain('vat has no release yet');
  });

  it('tables that the base would make besides', async () => {
    await project.write('gold/total.sql', 'select count(*) as a from silver.flat\n');
    await succeed('run', '--env', 'vat');
    await project.write('silver/flat.sql', flat(2));
    expect(await refusal()).toContain("silver.flat would be made in local and is not vat's own");
  });

  it('a project that does not know what came to the base since', async () => {
    await project.write('silver/flat.sql', flat(2));
    await succeed('run', '--env', 'vat');
    await project.write('gold/more.sql', 'select 1 as x\n');
    await succeed('run', 'gold.more');
    await rm(join(project.folder, 'gold/more.sql'));
    expect(await refusal()).toContain('gold.more came to local since, and the project does not know it');
  });

  it('a table that the project no longer has', async () => {
    await project.write('gold/more.sql', 'select 1 as x\n');
    await succeed('run', '--env', 'vat');
    await rm(join(project.folder, 'gold/more.sql'));
    expect(await refusal()).toContain('the project no longer has gold.more');
  });

  it('a table that is defined otherwise by now', async () => {
    await project.write('silver/flat.sql', flat(2));
    await succeed('run', '--env', 'vat');
    await project.write('silver/flat.sql', flat(3));
    expect(await refusal()).toContain('silver.flat is defined otherwise now than when it was made');
  });

  it('a table that was made on another day, and shows it', async () => {
    await project.write('gold/today.sql', 'select current_date as today, 2 as version\n');
    await succeed('run', '--env', 'vat');
    await project.write('lakesmith.yml', settings('2026-03-11'));
    expect(await refusal()).toContain('gold.today was made on another day');
  });

  it('a table that was made of what the environment has no more', async () => {
    await project.write('silver/flat.sql', flat(2));
    await succeed('run', '--env', 'vat');
    await project.write('landing/b.json', '{"a":2}\n');
    await succeed('run', 'bronze.events', '--env', 'vat', '--load');
    await succeed('run');
    expect(await refusal()).toContain('bronze.events changed in it after a table was made of it');
  });

  it('a base that has other rows by now', async () => {
    await project.write('silver/flat.sql', flat(2));
    await succeed('run', '--env', 'vat');
    await project.write('landing/b.json', '{"a":2}\n');
    await succeed('run', 'bronze.events');
    expect(await refusal()).toContain('local has another version of bronze.events by now');
  });

  it('a definition that somebody else changed in the base since', async () => {
    await project.write('silver/flat.sql', flat(2));
    await succeed('run', '--env', 'vat');
    await project.write('silver/flat.sql', flat(3));
    await succeed('run', 'silver.flat');
    await project.write('silver/flat.sql', flat(2));
    expect(await refusal()).toContain('local has had another silver.flat made since release 1');
  });

  it('files that the base would not load', async () => {
    await project.write('landing/b.json', '{"a":2}\n');
    await succeed('run', '--env', 'vat', '--load');
    expect(await refusal()).toContain('its bronze.events holds other files than the base would load');
  });
});
