import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed } from '../support/command.ts';
import { createProject } from '../support/project.ts';
import type { TestProject } from '../support/project.ts';

let project: TestProject;
const ask = (...args: string[]): ReturnType<typeof lakesmith> => lakesmith([...args, '--project', project.folder]);
const told = (...args: string[]): Promise<string> => succeed([...args, '--project', project.folder]);

beforeAll(async () => {
  project = await createProject({
    'bronze/orders.yml':
      'files: landing/*.json\ntypes:\n  id: BIGINT\n  amount: DECIMAL(30,4)\ncolumns:\n  email:\n    tags: [pii]\n',
    'landing/1.json': [
      '{"id": 1, "amount": 10.5, "email": "ada@example.com"}',
      '{"id": 9007199254740993, "amount": -12345678901234567890.1234, "email": "say \\"hi\\", bob@example.com"}',
      '{"id": 3, "amount": -1, "email": null}',
    ].join('\n'),
    'silver/orders.sql':
      '/* ---\nkey: id\nexpect:\n  quarantine:\n    positive: amount > 0\n    known: mail is not null\n--- */\nselect id, amount, email as mail from bronze.orders\n',
    'silver/strict.sql':
      '/* ---\nkey: id\nexpect:\n  fail:\n    positive: amount > 0\n--- */\nselect id, amount, email as contact from bronze.orders\n',
  });
  await project.run();
});
afterAll(() => removeFolder(project.folder));

describe('rows in quarantine', () => {
  it('are shown whole: each reason with its rule, the place, and what they were made of', async () => {
    const text = await told('quarantine', 'show', 'silver.orders', 'id=3');
    expect(text).toContain('landing/1.json:3');
    expect(text).toContain('positive: amount > 0');
    expect(text).toContain('known: mail is not null');
    expect(text).toContain('made of this row of bronze.orders');
    const json = JSON.parse(
      await told('quarantine', 'show', 'silver.orders', 'id=9007199254740993', '--json', '--reveal'),
    );
    expect(json).toMatchObject([
      {
        reasons: ['positive'],
        row: { id: '9007199254740993', amount: '-12345678901234567890.1234', mail: 'say "hi", bob@example.com' },
        origin: { source: 'landing/1.json', line: 2 },
      },
    ]);
    expect(await told('quarantine', 'show', 'silver.orders', json[0].id.slice(0, 10))).toContain('9007199254740993');
  });

  it('go to a file as CSV or NDJSON, without losing a digit', async () => {
    const csv = join(project.folder, 'q.csv');
    expect(await told('quarantine', 'export', 'silver.orders', '--out', csv, '--reveal')).toContain('2 rows');
    const [head, ...lines] = (await readFile(csv, 'utf8')).trimEnd().split('\n');
    expect(head).toBe('_table,_reasons,_source,_record,_since_run,_status,_id,id,amount,mail');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('9007199254740993,-12345678901234567890.1234,"say ""hi"", bob@example.com"');
    expect(lines[1]).toMatch(
      /^silver\.orders,"positive, known",landing\/1\.json,3,1,open,[0-9a-f]{32},3,-1(?:\.0000)?,$/,
    );
    const lined = join(project.folder, 'q.ndjson');
    await told('quarantine', 'export', '--out', lined);
    const rows = (await readFile(lined, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ table, record, row }) => [table, record, row.mail])).toEqual([
      ['silver.orders', 2, '•••'],
      ['silver.orders', 3, null],
    ]);
  });

  it('hide values of columns tagged pii, in the row as in its input', async () => {
    for (const args of [
      ['show', 'silver.orders', 'id=9007199254740993'],
      ['list', '--json'],
    ])
      expect(await told('quarantine', ...args)).not.toContain('example.com');
  });

  it('are not looked for under names that nothing has', async () => {
    expect((await ask('quarantine', 'silver.order')).stderr).toContain('Did you mean silver.orders?');
    expect(await ask('quarantine', 'show', 'silver.orders', 'id=4')).toMatchObject({ code: 1 });
    expect((await ask('quarantine', 'export', '--out', 'x.csv')).stderr).toContain('of one table');
  });
});

it('rows that show why a table failed hide values of columns tagged pii', async () => {
  await project.write(
    'silver/strict.sql',
    '/* ---\nexpect:\n  fail:\n    positive: amount > 0\n--- */\nselect id, amount, email as contact from bronze.orders\n',
  );
  const { stdout } = await project.run();
  expect(stdout).toContain('9007199254740993');
  expect(stdout).toContain('•••');
  expect(stdout).not.toContain('bob@example.com');
});

it('rows that break a rule are found in every form of a SELECT, and so is that none does', async () => {
  const forms = {
    plain: 'select id, amount from bronze.orders',
    joined: 'select o.id, o.amount, t.tag from bronze.orders o cross join unnest(o.tags) as t(tag)',
    newest: 'select id, amount from bronze.orders qualify row_number() over (partition by id order by amount) = 1',
    grouped: 'select id, sum(amount)::decimal(12, 2) as amount from bronze.orders group by id',
    limited: 'select id, amount from bronze.orders order by id limit 1',
    both: 'select id, amount from bronze.orders union all select id, amount from bronze.orders where id < 0',
  };
  const rule = (model: string, severity: string): string =>
    `/* ---\nexpect:\n  ${severity}:\n    positive: amount > 0\n--- */\n${model}\n`;
  const files = Object.entries(forms).flatMap(([name, model]) => [
    [`silver/${name}.sql`, rule(model, 'quarantine')] as const,
    [`gold/${name}.sql`, rule(model, 'drop')] as const,
  ]);
  const one = await createProject({
    'bronze/orders.yml': 'files: landing/*.json\neach_file: replaces\ntypes:\n  amount: DECIMAL(12,2)\n',
    'landing/1.json':
      '{"id": 1, "amount": 2, "tags": ["a"]}\n{"id": 2, "amount": 3, "tags": ["b"]}\n{"id": 3, "amount": -1, "tags": ["c"]}\n',
    ...Object.fromEntries(files),
  });
  try {
    const removed = async (): Promise<Record<string, unknown>> => {
      const rows = await one.query(
        "select table_name, broken from system.quality where run = (select max(run) from system.quality) and severity in ('drop', 'quarantine')",
      );
      return Object.fromEntries(rows.map((row) => [String(row['table_name']), Number(row['broken'])]));
    };
    const each = (n: number): Record<string, number> =>
      Object.fromEntries(
        ['silver', 'gold'].flatMap((layer) => Object.keys(forms).map((name) => [`${layer}.${name}`, n])),
      );
    await one.runs();
    expect(await removed()).toEqual(each(1));
    const open = async (): Promise<number> => (await one.quarantine()).filter(({ status }) => status === 'open').length;
    expect(await open()).toBe(Object.keys(forms).length);
    await one.write('landing/2.json', '{"id": 1, "amount": 2, "tags": ["a"]}\n');
    await one.runs();
    expect(await removed()).toEqual(each(0));
    expect(await open()).toBe(0);
  } finally {
    await removeFolder(one.folder);
  }
});

it.each([
  ['_file', '_position'],
  ['__file', '__position'],
  ['__input', '_total'],
])('rows are found where they lie whatever their columns are called: %s, %s', async (name, number) => {
  const one = await createProject({
    'bronze/a.yml': `files: landing/*.json\ntypes:\n  id: BIGINT\n  ${name}: VARCHAR\n  ${number}: BIGINT\n`,
    'silver/s.sql': `/* ---\nexpect:\n  quarantine:\n    one: id <> 3\n--- */\nselect id, 'v' || ${number} as ${name}, ${number} from bronze.a\n`,
    'landing/1.json': `{"id":1,"${name}":"x","${number}":1}\n{"id":2,"${name}":"y","${number}":0}\n`,
    'landing/2.json': `{"id":4,"${name}":"x","${number}":1}\n{"id":3,"${name}":"z","${number}":7}\n`,
  });
  try {
    await one.runs();
    expect(await one.query(`select id, ${name} from silver.s order by id`)).toEqual([
      { id: 1, [name]: 'v1' },
      { id: 2, [name]: 'v0' },
      { id: 4, [name]: 'v1' },
    ]);
    expect(await one.query('select source, source_row, input from system.quarantine')).toMatchObject([
      { source: 'landing/2.json', source_row: 2, input: expect.stringContaining(`"${name}":"z","${number}":7`) },
    ]);
    const why = await succeed(['why', 'silver.s', 'id=4', '--project', one.folder]);
    expect(why).toContain('landing/2.json:1');
    expect(why).toContain(`${name}=x`);
    expect(why).toContain(`${number}=1`);
  } finally {
    await removeFolder(one.folder);
  }
});

describe('a column that is called as the program calls the broken rules', () => {
  const rules = 'expect:\n  drop:\n    small: n < 100\n  quarantine:\n    positive: n > 0\n';
  it('is one as any other', async () => {
    const own = await createProject({
      'bronze/a.yml': 'files: landing/*.csv\n',
      'landing/1.csv': 'id,n,_reasons\n1,2,because\n2,-1,so\n3,100,none\n',
      'silver/keyed.sql': `/* ---\nkey: id\n${rules}--- */\nselect id, n, _reasons from bronze.a\n`,
      'silver/summed.sql': `/* ---\nkey: id\n${rules}--- */\nselect id, sum(n) as n, max(_reasons) as _Reasons from bronze.a group by id\n`,
      'tests/a.test.yml':
        'test: silver.keyed\ngiven:\n  bronze.a: |\n    id, n,  _reasons\n    1,  -1, x\n    2,  2,  y\nexpect: |\n  id, _reasons\n  2,  y\nquarantined: |\n  id, _reasons\n  1,  positive\n',
    });
    const at = ['--project', own.folder];
    try {
      await own.runs();
      await own.write('landing/2.csv', 'id,n,_reasons\n4,5,more\n5,-5,less\n');
      await own.runs();
      expect(await own.query('select id, _reasons as r from silver.keyed order by id')).toEqual([
        { id: 1, r: 'because' },
        { id: 4, r: 'more' },
      ]);
      const asked = JSON.parse(await succeed(['quarantine', 'silver.keyed', '--json', ...at])) as unknown[];
      expect(asked).toMatchObject([{ reasons: ['positive'] }, { reasons: ['positive'] }]);
      // Where rows are only added, those are judged: none of the second file is dropped.
      expect(await own.query("select count(*) as n from system.quality where name = 'small' and broken = 1")).toEqual([
        { n: 3 },
      ]);
      expect(await succeed(['test', '--no-laws', ...at])).toContain('1 passed');
      const file = join(own.folder, 'out.csv');
      await succeed(['quarantine', 'export', 'silver.keyed', '--out', file, ...at]);
      const [header, first] = (await readFile(file, 'utf8')).split('\n');
      expect(header).toMatch(/^_table,__reasons,.*,id,n,_reasons$/);
      expect(first).toMatch(/^silver.keyed,positive,.*,-\d,(so|less)$/);
    } finally {
      await removeFolder(own.folder);
    }
  });
});
