import { afterEach, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder } from '../support/command.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

describe('files that make no table', () => {
  const lists = `{"a":${'['.repeat(13)}1${']'.repeat(13)}}`;
  const objects = `{"a":${'{"n":'.repeat(61)}1${'}'.repeat(61)}}`;

  it.each([
    [
      'names of the program itself',
      'json',
      '{"id":1,"_RUN":"x"}',
      /has a column _RUN in its files, which is a name that Lakesmith gives/,
    ],
    [
      'a name with a character that none can have',
      'json',
      '{"id":1}\n{"a\\u0000":1}',
      /1\.json:2: The key "a\\u0000" has a character 0/,
    ],
    [
      'lists in lists in lists',
      'json',
      `{"b":1}\n${lists}`,
      /1\.json:2: Lists in a lie more than 12 deep in each other/,
    ],
    ['values in values', 'json', objects, /1\.json:1: The values in a\.n\.n.* lie more than 60 levels deep/],
    ['a file that is only called packed', 'json.gz', '{"id":1}', /not a GZIP stream/],
  ])('are told of before they are loaded: %s', async (_, ending, text, told) => {
    project = await createProject({
      'bronze/t.yml': `files: landing/*.${ending}\nformat: json\n`,
      [`landing/1.${ending}`]: `${text}\n`,
    });
    expect(await lakesmith(['plan', '--project', project.folder])).toMatchObject({
      stdout: expect.stringMatching(told),
    });
    expect(await project.run()).toMatchObject({ code: 1, stdout: expect.stringMatching(told) });
  });
});

describe('fields that a source did not have before', () => {
  const modes = ['add', 'rescue', 'ignore', 'fail'] as const;

  it('are added, rescued, ignored or refused, also inside structs and lists', async () => {
    project = await createProject(
      Object.fromEntries(
        modes.map((mode) => [`bronze/${mode}.yml`, `files: landing/*.json\nnew_columns: ${mode}\n`] as const),
      ),
    );
    await project.write('landing/1.json', '{"id":1,"o":{"a":1},"l":[{"x":1}]}\n');
    await project.runs();
    await project.write(
      'landing/2.json',
      '{"id":2,"o":{"a":2,"b":"new"},"l":[{"x":1,"y":2}],"t":"2024-01-01T00:00:00Z","deep":{"k":null,"z":[1,null]}}\n{"id":3,"o":{"a":3},"l":[]}\n',
    );
    const answer = await project.run();
    expect(answer.code).toBe(1);
    expect(answer.stdout).toContain('bronze.fail has new columns in its files (t, deep, o.b, l.y)');
    const json = 'id, to_json(o)::varchar as o, to_json(l)::varchar as l, _source[-6:] as file';
    expect(await project.query(`select ${json}, t::varchar as t from bronze.add order by id`)).toEqual([
      { id: 1, o: '{"a":1,"b":null}', l: '[{"x":1,"y":null}]', file: '1.json', t: null },
      { id: 2, o: '{"a":2,"b":"new"}', l: '[{"x":1,"y":2}]', file: '2.json', t: '2024-01-01 00:00:00+00' },
      { id: 3, o: '{"a":3,"b":null}', l: '[]', file: '2.json', t: null },
    ]);
    expect(await project.query(`select ${json}, _rescued from bronze.rescue order by id`)).toEqual([
      { id: 1, o: '{"a":1}', l: '[{"x":1}]', file: '1.json', _rescued: null },
      {
        id: 2,
        o: '{"a":2}',
        l: '[{"x":1}]',
        file: '2.json',
        _rescued: '{"o":{"a":2,"b":"new"},"l":[{"x":1,"y":2}],"t":"2024-01-01T00:00:00Z","deep":{"z":[1,null]}}',
      },
      { id: 3, o: '{"a":3}', l: '[]', file: '2.json', _rescued: null },
    ]);
    expect(await project.query('select * exclude (_ingested_at) from bronze.ignore where id = 3')).toEqual([
      { id: 3, o: { a: 3 }, l: [], _source: 'landing/2.json', _run: 2 },
    ]);
    expect(await project.query('select count(*) as n from bronze.fail')).toEqual([{ n: 1 }]);
  });

  it('are no new fields when only their case differs, and never take the place of provenance', async () => {
    project = await createProject({
      'bronze/o.yml': 'files: landing/*.json\n',
      'landing/1.json': '{"id":1,"o":{"a":1}}\n',
    });
    await project.runs();
    await project.write('landing/2.json', '{"ID":2,"O":{"A":7}}\n');
    await project.runs();
    expect(await project.query('select id, to_json(o)::varchar as o from bronze.o order by id')).toEqual([
      { id: 1, o: '{"a":1}' },
      { id: 2, o: '{"a":7}' },
    ]);
    await project.write('landing/3.json', '{"id":3,"_source":"elsewhere"}\n');
    const answer = await project.run();
    expect(answer.code).toBe(1);
    expect(answer.stdout).toContain('bronze.o has a column _source in its files');
  });
});

describe('files that hold nothing or are broken', () => {
  it('stop their own table only, and name file and line', async () => {
    project = await createProject({
      'bronze/bad.yml': 'files: landing/bad/*.json\n',
      'bronze/good.yml': 'files: landing/good/*.csv\n',
      'silver/bad.sql': 'select * from bronze.bad',
      'silver/good.sql': 'select id from bronze.good',
      'landing/bad/1.json': '{"id":1}\n\n{"id":2\n{"id":3}\n',
      'landing/good/1.csv': '\uFEFFid,note\r\n1,"a ""q"" b\r\nc"\r\n',
      'landing/good/2.csv': 'note,id\nx,2\n',
    });
    const answer = await project.run();
    expect(answer.code).toBe(1);
    expect(answer.stdout).toContain('landing/bad/1.json:3: this is not JSON');
    expect(answer.stdout).not.toContain(project.folder);
    expect(await project.query('select id, note from bronze.good order by id')).toEqual([
      { id: 1, note: 'a "q" b\r\nc' },
      { id: 2, note: 'x' },
    ]);
    expect(await project.query('select count(*) as n from silver.good')).toEqual([{ n: 2 }]);
    await project.write('landing/bad/1.json', '{"id":1}\n');
    await project.runs();
    expect(await project.query('select id from silver.bad')).toEqual([{ id: 1 }]);
  });

  it('are waited for when empty, and a header alone decides no type', async () => {
    project = await createProject({
      'bronze/o.yml': 'files: landing/*.csv\n',
      'landing/1.csv': '',
      'landing/2.csv': 'id\n',
    });
    await project.runs();
    await project.write('landing/1.csv', 'id\n41\n');
    await project.write('landing/3.csv', 'id\n42\n');
    await project.runs();
    expect(await project.query('select id, typeof(id) as type from bronze.o order by id')).toEqual([
      { id: 41, type: 'BIGINT' },
      { id: 42, type: 'BIGINT' },
    ]);
  });
});

describe('values and names that invite a loss', () => {
  it('are refused where zeros would be lost, and taken where the type says so', async () => {
    project = await createProject({
      'bronze/inferred.yml': 'files: landing/*.csv\n',
      'bronze/declared.yml': 'files: landing/*.csv\ntypes:\n  zip: BIGINT\n',
      'landing/1.csv': 'id,zip\n1,10115\n',
    });
    await project.runs();
    await project.write('landing/2.csv', 'id,zip\n2,\n3,01067\n');
    const answer = await project.run();
    expect(answer.code).toBe(1);
    expect(answer.stdout).toContain('landing/2.csv: column zip of bronze.inferred holds "01067"');
    expect(await project.query('select zip from bronze.inferred')).toEqual([{ zip: 10115 }]);
    expect(await project.query('select sum(zip)::bigint as zip from bronze.declared')).toEqual([{ zip: 11182 }]);
  });

  it('are file names that are patterns: each file is read once, itself', async () => {
    const names = ['a*', 'ab', 'e1', 'e[1]', 'f?', 'fx'];
    project = await createProject({
      'bronze/c.yml': 'files: landing/*.csv\n',
      'bronze/j.yml': 'files: landing/*.json\n',
      ...Object.fromEntries(
        names.flatMap((name, id) => [
          [`landing/${name}.csv`, `id\n${id}\n`],
          [`landing/${name}.json`, `{"id":${id}}\n`],
        ]),
      ),
    });
    await project.runs();
    for (const [table, ending] of [
      ['bronze.c', 'csv'],
      ['bronze.j', 'json'],
    ] as const) {
      expect(await project.query(`select id, _source as file from ${table} order by id`)).toEqual(
        names.map((name, id) => ({ id, file: `landing/${name}.${ending}` })),
      );
    }
  });
});

describe('a followed change log', () => {
  const shop = {
    'lakesmith.yml': 'lakesmith: 1\nname: test\nlake: ./lake\ntimezone: UTC\nconnections:\n  shop: sample://shop\n',
    'bronze/shop.yml': 'connection: shop\nfollow: changes\ntables:\n  people:\n    key: id\n',
    'silver/people.sql':
      '/* ---\nkind: history\nkey: id\nvalid_from: updated_at\n--- */\nselect id, tier, updated_at from bronze.people\n',
  };
  const header = 'id,name,tier,updated_at,_op\n';
  const first = '1,"Ada\nLovelace",gold,2026-01-01T00:00:00Z,insert\n2,Bob,silver,2026-01-01T00:00:00Z,insert\n';
  const versions =
    'select id, tier, valid_from::date::varchar as since, valid_to::date::varchar as until from silver.people order by id, valid_from';

  it('loses no change to a line end inside quotes, and puts late ones in their place', async () => {
    project = await createProject({ ...shop, 'shop/people.csv': header + first });
    await project.runs();
    const more =
      '1,Ada,platinum,2026-03-01T00:00:00Z,update\n2,Bob,silver,2026-02-01T00:00:00Z,delete\n' +
      '1,Ada,late,2026-02-01T00:00:00Z,update\n1,Ada,later,2026-02-01T00:00:00Z,update\n';
    await project.write('shop/people.csv', header + first + more);
    await project.runs();
    expect(await project.query(versions)).toEqual([
      { id: 1, tier: 'gold', since: '1900-01-01', until: '2026-02-01' },
      { id: 1, tier: 'later', since: '2026-02-01', until: '2026-03-01' },
      { id: 1, tier: 'platinum', since: '2026-03-01', until: null },
      { id: 2, tier: 'silver', since: '1900-01-01', until: '2026-02-01' },
    ]);
  });

  it('is refused when it was cut', async () => {
    project = await createProject({ ...shop, 'shop/people.csv': header + first });
    await project.runs();
    await project.write('shop/people.csv', header);
    const answer = await project.run();
    expect(answer.code).toBe(1);
    expect(answer.stdout).toContain('bronze.people follows a log of 2 changes that has 0 now');
  });
});

describe('a history of files', () => {
  const header = 'id,name,told_at\n';
  const people = {
    'bronze/people.yml': 'files: landing/*.csv\n',
    'silver/dated.sql':
      '/* ---\nkind: history\nkey: id\nvalid_from: told_at\nfirst_valid_from: told_at\n--- */\nselect id, name, told_at from bronze.people\n',
    'silver/loaded.sql':
      '/* ---\nkind: history\nkey: id\nvalid_from: _ingested_at\ntrack: name\nexpect:\n  drop:\n    named: name is not null\n--- */\nselect * from bronze.people\n',
    'landing/1.csv': `${header}1,Ada,2026-01-02\n2,Bob,2026-01-02\n`,
  };
  const dated = (): Promise<unknown> =>
    project.query(
      'select name, day(valid_from)::int as since, day(valid_to)::int as until from silver.dated order by id, valid_from',
    );
  const loaded = (): Promise<unknown> =>
    project.query('select name, is_current as now from silver.loaded order by id, valid_from');

  it('has a version for each change, in whatever order the files come, and of equal times the row that came last', async () => {
    project = await createProject(people);
    await project.runs();
    await project.write('landing/2.csv', `${header}1,Ava,2026-01-05\n2,Bob,2026-01-06\n`);
    await project.runs();
    await project.write('landing/3.csv', `${header}1,Eva,2026-01-05\n1,Ada,2026-01-01\n2,,2026-01-07\n`);
    await project.runs();
    expect(await dated()).toEqual([
      { name: 'Ada', since: 1, until: 5 },
      { name: 'Eva', since: 5, until: null },
      { name: 'Bob', since: 2, until: 7 },
      { name: null, since: 7, until: null },
    ]);
    // All rows of a load came at once: the last one of a key is how it was then.
    expect(await loaded()).toEqual([
      { name: 'Ada', now: false },
      { name: 'Ava', now: false },
      { name: 'Ada', now: true },
      { name: 'Bob', now: true },
    ]);
    expect((await lakesmith(['verify', '--project', project.folder])).stdout).toContain('2 tables equal');
  });
});
