import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed } from '../support/command.ts';
import { filesOutside } from '../support/environment-world.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

interface Told {
  readonly key: Readonly<Record<string, unknown>>;
  readonly reasons: readonly string[];
  readonly origin: { readonly source: string; readonly line: number };
}

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const files = {
  'bronze/o.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  qty: BIGINT\n',
  'silver/flat.sql': '/* ---\nexpect:\n  quarantine:\n    pos: qty > 0\n--- */\nselect id, qty from bronze.o\n',
  'gold/total.sql': 'select count(*) as n, sum(qty) as qty from silver.flat\n',
  'landing/1.json': '{"id":1,"qty":1}\n{"id":2,"qty":-1}\n{"id":2,"qty":-1}\n',
};

async function waiting(): Promise<readonly string[]> {
  const rows = await project.quarantine();
  return rows
    .filter((row) => row.status === 'open')
    .map(({ origin }) => `${origin?.source ?? ''}:${origin?.line ?? ''}`)
    .sort();
}

describe('rows in quarantine of a model that is appended to', () => {
  it('keep their own file and line, load after load, once each', async () => {
    project = await createProject(files);
    await project.runs();
    await project.write('landing/2.json', '{"id":3,"qty":-3}\n\n{"id":4,"qty":4}\n');
    await project.write('landing/3.json', '{"id":5,"qty":5}\n{"id":6,"qty":-6}\n');
    await project.runs();
    const all = ['landing/1.json:2', 'landing/1.json:3', 'landing/2.json:1', 'landing/3.json:2'];
    expect(await waiting()).toEqual(all);
    await project.runs('--full');
    expect(await waiting()).toEqual(all);
    expect(await project.query('from gold.total')).toEqual([{ n: 3, qty: 10 }]);
  });

  it('leave it when the rule is fixed, and when it is gone', async () => {
    project = await createProject(files);
    await project.runs();
    await project.write('silver/flat.sql', files['silver/flat.sql'].replace('qty > 0', 'qty > -2'));
    await project.runs();
    expect(await waiting()).toEqual([]);
    expect(await project.query('from gold.total')).toEqual([{ n: 3, qty: -1 }]);
    await project.write('silver/flat.sql', files['silver/flat.sql']);
    await project.runs();
    expect(await waiting()).toEqual(['landing/1.json:2', 'landing/1.json:3']);
    await project.write('silver/flat.sql', 'select id, qty from bronze.o\n');
    await project.runs();
    expect(await waiting()).toEqual([]);
    expect(await project.query('from gold.total')).toEqual([{ n: 3, qty: -1 }]);
  });
});

describe('a replay that is only tried', () => {
  it('tells what would land and what would not, and changes nothing', async () => {
    project = await createProject({
      ...files,
      'silver/flat.sql': files['silver/flat.sql'].replace('/* ---\n', '/* ---\nkey: id\n'),
      'landing/1.json': '{"id":1,"qty":1}\n{"id":2,"qty":-1}\n{"id":3,"qty":-3}\n',
    });
    await project.runs();
    await project.write('landing/2.json', '{"id":4,"qty":-4}\n');
    await project.runs();
    // One file and one rule are fixed, and another rule comes.
    await project.write('landing/1.json', '{"id":1,"qty":1}\n{"id":2,"qty":2}\n{"id":3,"qty":-3}\n{"id":9,"qty":-9}\n');
    const lake = join(project.folder, 'lake');
    const before = await filesOutside(lake, 'none');
    const at = ['--dry-run', '--project', project.folder];
    const text = await succeed(['replay', ...at]);
    const told = JSON.parse(await succeed(['replay', 'silver.flat', '--json', ...at])) as Record<string, Told[]>;
    const names = (list: string): unknown =>
      told[list]?.map(({ key, reasons, origin }) => [key['id'], reasons, `${origin.source}:${origin.line}`]);
    expect(names('lands')).toEqual([[2, ['pos'], 'landing/1.json:2']]);
    expect(names('refused')).toEqual([
      [3, ['pos'], 'landing/1.json:3'],
      [4, ['pos'], 'landing/2.json:1'],
    ]);
    expect(names('fresh')).toEqual([[9, ['pos'], 'landing/1.json:4']]);
    expect(text).toMatch(/^would land:\n.*\n silver\.flat +id 2 +landing\/1\.json:2$/m);
    expect(text).toContain('1 row would land, 2 would stay, 1 would come · nothing was changed\n');
    expect(await filesOutside(lake, 'none')).toEqual(before);
    expect(await readdir(join(lake, '_env'))).toEqual([]);

    const promised = ['landing/1.json:3', 'landing/1.json:4', 'landing/2.json:1'];
    await succeed(['replay', '--project', project.folder]);
    expect(await waiting()).toEqual(promised);
  });

  it('tells that a table would fail, and that then nothing would land', async () => {
    project = await createProject({
      ...files,
      'gold/total.sql': '/* ---\nexpect:\n  fail:\n    few: n < 2\n--- */\nselect count(*) as n from silver.flat\n',
      'lakesmith.yml': 'lakesmith: 1\nname: t\nlake: ./lake\ntimezone: UTC\nrelease: all\n',
    });
    await project.runs();
    await project.write('landing/1.json', '{"id":1,"qty":1}\n{"id":2,"qty":2}\n{"id":2,"qty":-1}\n');
    const { code, stdout } = await lakesmith(['replay', '--dry-run', '--project', project.folder]);
    expect([code, stdout]).toEqual([1, expect.stringContaining('gold.total would fail: few')]);
    expect(stdout).toContain('0 rows would land, 2 would stay · nothing was changed\n');
  });
});

describe('a landing file that was fixed after it was loaded', () => {
  it('is only told by a run, and read again by replay: its old rows go, all others keep their place', async () => {
    project = await createProject(files);
    await project.runs();
    await project.write('landing/2.json', '{"id":3,"qty":-3}\n{"id":4,"qty":4}\n');
    await project.write('landing/3.json', '{"id":5,"qty":5}\n{"id":6,"qty":-6}\n');
    await project.runs();
    await project.write('landing/2.json', '{"id":3,"qty":3}\n{"id":4,"qty":4}\n{"id":7,"qty":-70}\n');
    await project.write('landing/4.json', '{"id":8,"qty":8}\n');
    expect(await project.runs()).toContain('landing/2.json changed after it was loaded; it was not read again');
    expect(await project.query('from gold.total')).toEqual([{ n: 4, qty: 18 }]);

    await succeed(['replay', 'silver.flat', '--project', project.folder]);
    const rows = 'select id, qty, _source, _run from bronze.o order by id, qty';
    expect(await project.query(rows)).toEqual([
      { id: 1, qty: 1, _source: 'landing/1.json', _run: 1 },
      { id: 2, qty: -1, _source: 'landing/1.json', _run: 1 },
      { id: 2, qty: -1, _source: 'landing/1.json', _run: 1 },
      { id: 3, qty: 3, _source: 'landing/2.json', _run: 4 },
      { id: 4, qty: 4, _source: 'landing/2.json', _run: 4 },
      { id: 5, qty: 5, _source: 'landing/3.json', _run: 2 },
      { id: 6, qty: -6, _source: 'landing/3.json', _run: 2 },
      { id: 7, qty: -70, _source: 'landing/2.json', _run: 4 },
      { id: 8, qty: 8, _source: 'landing/4.json', _run: 3 },
    ]);
    expect(await waiting()).toEqual(['landing/1.json:2', 'landing/1.json:3', 'landing/2.json:3', 'landing/3.json:2']);
    expect(await project.query('from gold.total')).toEqual([{ n: 5, qty: 21 }]);
    expect(await project.runs()).toContain('nothing to do');
    expect(
      await project.query('select path, sum(rows)::bigint as rows from system.ingested group by 1 order by 1'),
    ).toEqual([
      { path: 'landing/1.json', rows: 3 },
      { path: 'landing/2.json', rows: 5 },
      { path: 'landing/3.json', rows: 2 },
      { path: 'landing/4.json', rows: 1 },
    ]);
  });

  it('is the whole table again where the newest file is', async () => {
    project = await createProject({
      'bronze/p.yml': 'files: landing/*.csv\neach_file: replaces\n',
      'silver/p.sql': 'select id, v from bronze.p\n',
      'landing/2.csv': 'id,v\n1,1\n2,2\n',
    });
    await project.runs();
    await project.write('landing/1.csv', 'id,v\n9,9\n');
    await project.runs();
    expect(await project.query('from silver.p order by id')).toEqual([
      { id: 1, v: 1 },
      { id: 2, v: 2 },
    ]);
    await project.write('landing/2.csv', 'id,v\n1,10\n');
    await project.write('landing/1.csv', 'id,v\n9,99\n');
    await succeed(['replay', 'silver.p', '--project', project.folder]);
    expect(await project.query('from silver.p')).toEqual([{ id: 1, v: 10 }]);
    expect(await project.runs()).toContain('nothing to do');
  });
});
