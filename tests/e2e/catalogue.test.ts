import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ColumnsData, OverviewData, TableData } from '../../packages/lakesmith/src/site/catalogue.ts';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';
import { withPlaceholders } from '../support/placeholders.ts';
import { createProject } from '../support/project.ts';
import type { TestProject } from '../support/project.ts';

/** A site as it lies on disk. */
class Site {
  readonly texts: ReadonlyMap<string, string>;

  constructor(texts: ReadonlyMap<string, string>) {
    this.texts = texts;
  }

  static async at(folder: string): Promise<Site> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const texts = new Map<string, string>();
    for (const entry of entries.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      texts.set(path.slice(folder.length + 1).replaceAll('\\', '/'), await readFile(path, 'utf8'));
    }
    return new Site(texts);
  }

  get overview(): OverviewData {
    return this.#value('overview') as OverviewData;
  }

  get columns(): ColumnsData {
    return this.#value('columns') as ColumnsData;
  }

  table(name: string): TableData {
    return this.#value(`tables/${name}`) as TableData;
  }

  #value(name: string): unknown {
    const text = this.texts.get(`data/${name}.js`) ?? '';
    return JSON.parse(text.slice(text.indexOf(' = ') + 3).replace(/;\n$/, ''));
  }
}

const made: string[] = [];
afterAll(async () => {
  for (const folder of made) await removeFolder(folder);
});

async function project(files: Readonly<Record<string, string>>): Promise<TestProject> {
  const one = await createProject(files);
  made.push(one.folder);
  return one;
}

const docs = async ({ folder }: { readonly folder: string }, ...more: string[]): Promise<Site> => {
  await succeed(['docs', '--project', folder, ...more]);
  const out = more[more.indexOf('--out') + 1];
  return await Site.at(more.includes('--out') && out !== undefined ? out : join(folder, 'docs-site'));
};

describe('the catalogue of the sample', () => {
  let folder = '';
  let site: Site;
  const startedMs = Date.now();
  beforeAll(async () => {
    folder = join(await temporaryFolder(), 'retail');
    made.push(join(folder, '..'));
    await succeed(['init', folder, '--sample']);
    await succeed(['run', '--project', folder, '--parallel', '2', '--memory', '1GB']);
    site = await docs({ folder });
  });

  it.each([
    'overview',
    'columns',
    'quality',
    'tables/silver.orders',
    'tables/bronze.customers',
    'tables/reference.regions',
  ])('has this in data/%s.js', async (name) => {
    const text = withPlaceholders(site.texts.get(`data/${name}.js`) ?? '', { startedMs, folder });
    // How small a file becomes depends on the order in which threads bring its rows.
    const steady = text.replaceAll(/"bytes":\d+/g, '"bytes":0');
    await expect(steady).toMatchFileSnapshot(`golden/catalogue/${name.replace('/', '-')}.txt`);
  });

  it('is the same to the byte when it is written again, there or elsewhere', async () => {
    expect((await docs({ folder })).texts).toEqual(site.texts);
    expect((await docs({ folder }, '--out', join(folder, '../other'))).texts).toEqual(site.texts);
  });

  it('joins a script that a browser can read, and nothing from elsewhere', () => {
    const { texts } = site;
    const script = texts.get('site.js') ?? '';
    expect(() => new Script(script)).not.toThrow();
    expect(script).not.toMatch(/^(import|export)\b/m);
    for (const [path, text] of texts)
      if (!path.startsWith('data/'))
        expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//);
  });

  it('says what dashboards, alerts and publications read', () => {
    const { overview } = site;
    const read = overview.readers.map(({ kind, tables }) => [kind, tables.map((i) => overview.tables[i]?.name)]);
    expect(Object.fromEntries(read)).toEqual({
      publication: ['gold.sales_by_day', 'gold.sales_by_region'],
      alert: ['gold.inventory_alerts'],
      dashboard: [
        'gold.sales_by_day',
        'gold.sales_by_region',
        'gold.sales_by_product',
        'gold.customer_segments',
        'gold.inventory_alerts',
      ]
        .map((name) => overview.tables.findIndex((table) => table.name === name))
        .sort((a, b) => a - b)
        .map((i) => overview.tables[i]?.name),
    });
  });
});

describe('what a catalogue tells', () => {
  const people = Array.from({ length: 5 }, (_, id) =>
    JSON.stringify({ id, name: `zebra-${id}`, email: `zebra${id}@example.com`, city: `Zebraville ${id}` }),
  ).join('\n');
  const files = {
    'bronze/people.yml': 'owner: Team Zoo\nfiles: landing/*.json\n',
    'landing/1.json': `${people}\n`,
    'silver/people.sql':
      '-- Everybody. Once each.\n/* ---\nkey: id\nowner: Ada\ntags: [crm]\ncolumns:\n  email:\n    description: As typed.\n    tags: [pii]\nexpect:\n  quarantine:\n    known: id < 4\n  warn:\n    small: id < 2\n--- */\nselect id, name, lower(email) as email from bronze.people\n',
    'gold/mails.sql': 'select email as mail, md5(email) as hashed from silver.people\n',
    'reference/kinds.csv': 'kind,label\nzebra,zebra-label\n',
  };

  it('is owners, descriptions, tags and where they come from; and no value of any row', async () => {
    const one = await project(files);
    await one.runs();
    const { overview, columns, texts } = await docs(one);
    const of = (name: string): OverviewData['tables'][number] | undefined =>
      overview.tables.find((table) => table.name === name);
    expect(of('silver.people')).toMatchObject({
      about: 'Everybody.',
      owner: 'Ada',
      tags: ['crm'],
      rows: 4,
      quarantined: 1,
    });
    expect(of('bronze.people')?.owner).toBe('Team Zoo');
    const [silver, gold] = ['silver.people', 'gold.mails'].map((name) =>
      overview.tables.findIndex((table) => table.name === name),
    );
    expect(columns.tables[silver ?? 0]).toMatchObject({ more: 'Once each.' });
    expect(columns.tables[gold ?? 0]?.columns).toEqual([
      { name: 'mail', type: 'string', tags: [{ tag: 'pii', from: [silver, 2] }], from: [[silver, 2]], same: true },
      { name: 'hashed', type: 'string', from: [[silver, 2]] },
    ]);
    expect(overview.broken.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      'known: 1 of 5 rows was put aside',
      'small: 2 of 4 rows break the rule',
    ]);
    const all = [...texts.values()].join('\n').toLowerCase();
    expect(all).not.toMatch(/zebra\d|zebra-|zebraville/);
  });

  it('is what went wrong, and not the values with which it did', async () => {
    const one = await project({
      'bronze/people.yml': 'files: landing/*.json\n',
      'landing/1.json': '{"id": 1, "age": "zebra-7"}\n',
      'silver/people.sql': 'select id, age::integer as age from bronze.people\n',
      'gold/ages.sql': 'select age from silver.people\n',
    });
    expect((await one.run()).code).toBe(1);
    const found = await docs(one);
    expect(found.overview.tables.map(({ name, state }) => [name, state])).toEqual([
      ['bronze.people', 'done'],
      ['silver.people', 'failed'],
      ['gold.ages', 'blocked'],
    ]);
    expect(found.overview.runs[0]?.failed).toMatchObject([
      { table: 'silver.people', code: expect.stringMatching(/^LS2/) },
    ]);
    expect(found.table('gold.ages').lastStep).toMatchObject({ status: 'blocked', blockedBy: 'silver.people' });
    expect([...found.texts.values()].join('\n')).not.toContain('zebra');
  });

  it('is a connection by its name and kind, and not its address', async () => {
    const one = await project({
      'lakesmith.yml':
        'lakesmith: 1\nname: test\nlake: ./lake\nconnections:\n  shop: sample://zebra\n  house: postgres://me:zebra@host/db\n',
      'bronze/shop.yml': 'connection: shop\nfollow: changes\ntables:\n  people:\n    key: id\n',
      'zebra/people.csv': 'id,name,updated_at\n1,Ada,2026-01-01T00:00:00Z\n',
      'gold/people.sql': 'select id, name from bronze.people\n',
      'publish/house.yml': 'to: house\ntables:\n  gold.people: public.people\n',
    });
    await one.runs();
    const site = await docs(one);
    expect(site.table('bronze.people').origin).toBe('table people of connection shop (sample)');
    expect([...site.texts.values()].join('\n')).not.toContain('zebra');
  });

  it('is the project, before anything was released', async () => {
    const one = await project(files);
    const { overview, columns } = await docs(one);
    expect([overview.release, overview.releases, overview.runs]).toEqual([undefined, [], []]);
    expect(overview.tables.map(({ state }) => state)).toEqual(['never', 'never', 'never', 'never']);
    expect(columns.tables.at(-1)?.columns.map(({ name }) => name)).toEqual(['mail', 'hashed']);
  });

  it('is an earlier release as it was', async () => {
    const one = await project(files);
    await one.runs();
    const before = await docs(one, '--out', join(one.folder, 'before'));
    await one.write('landing/2.json', '{"id": 9, "name": "n", "email": "e", "city": "c"}\n');
    await one.write('silver/people.yml', '{}\n');
    await one.runs();
    const now = await docs(one);
    expect([now.overview.release?.release, now.overview.releases.length, now.overview.isNewest]).toEqual([2, 2, true]);
    const then = await docs(one, '--release', '1', '--out', join(one.folder, 'then'));
    expect([then.overview.release, then.overview.isNewest]).toEqual([before.overview.release, false]);
    expect(then.table('silver.people').history).toEqual(before.table('silver.people').history);
    expect(then.texts.get('data/quality.js')).toBe(before.texts.get('data/quality.js'));
    expect(then.overview.tables.map(({ rows }) => rows)).toEqual(before.overview.tables.map(({ rows }) => rows));
    const wrong = await lakesmith(['docs', '--release', '9', '--project', one.folder]);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('LS3003')]);
  });
});

describe('the folder of a site', () => {
  it('is never one with other things in it', async () => {
    const one = await project({});
    const out = join(one.folder, 'mine');
    await mkdir(out);
    await writeFile(join(out, 'index.html'), 'mine');
    const answer = await lakesmith(['docs', '--project', one.folder, '--out', out, '--json']);
    expect([answer.code, answer.stdout]).toEqual([2, expect.stringContaining('LS4002')]);
    expect(await readdir(out)).toEqual(['index.html']);
    const file = await lakesmith(['docs', '--project', one.folder, '--out', join(out, 'index.html')]);
    expect([file.code, file.stderr]).toEqual([2, expect.stringContaining('LS4005')]);
  });

  it('loses what the site no longer has, and keeps what others put there', async () => {
    const one = await project({ 'silver/a.sql': 'select 1 as id\n', 'silver/b.sql': 'select 1 as id\n' });
    const out = join(one.folder, 'site');
    await docs(one, '--out', out);
    await writeFile(join(out, 'CNAME'), 'docs.example.com\n');
    await removeFolder(join(one.folder, 'silver/b.sql'));
    await docs(one, '--out', out);
    const there = ['CNAME', 'data/tables/silver.a.js', 'data/tables/silver.b.js'].map((path) =>
      existsSync(join(out, path)),
    );
    expect(there).toEqual([true, true, false]);
  });

  it('is told to programs', async () => {
    const one = await project({ 'silver/a.sql': 'select 1 as id\n' });
    const told = JSON.parse(await succeed(['docs', '--project', one.folder, '--json'])) as Record<string, unknown>;
    expect(told).toMatchObject({ ok: true, index: join(one.folder, 'docs-site/index.html'), release: null, tables: 1 });
  });
});
