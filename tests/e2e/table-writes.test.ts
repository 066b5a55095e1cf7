import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, root, temporaryFolder } from '../support/command.ts';

let folder = '';
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(
    join(folder, 'people.csv'),
    'id,name,day,amount\n1,Ann,2024-01-01,1.50\n2,Bob,2024-01-02,2.25\n3,,2024-01-01,9007199254740993.01\n',
  );
});
afterAll(() => removeFolder(folder));

const table = (...args: readonly string[]): ReturnType<typeof lakesmith> =>
  lakesmith(['table', ...args], { cwd: folder });

async function told(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await table(...args, '--json');
  expect(code, stderr + stdout).toBe(0);
  const facts: Record<string, unknown> = JSON.parse(stdout);
  return facts;
}

describe('docs/writing-tables.md', () => {
  it('shows commands that work', async () => {
    const cwd = join(folder, 'docs');
    await mkdir(cwd);
    await writeFile(join(cwd, 'orders.csv'), 'id,amount\n1,2.50\n2,-1.00\n');
    const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await writeFile(
      join(cwd, 'people.ndjson'),
      lines([
        { id: 1, name: 'Ann', city: 'Linz' },
        { id: 2, name: 'Bob', city: 'Wien' },
      ]),
    );
    await writeFile(
      join(cwd, 'changes.ndjson'),
      lines([
        { id: 1, name: null, city: null },
        { id: 3, name: 'Cy', city: 'Linz' },
      ]),
    );
    await mkdir(join(cwd, 'sales/day=2024-01-01'), { recursive: true });
    await table('append', 'docs/sold', '--from', 'docs/orders.csv', '--create');
    await table('read', 'docs/sold', '--out', 'docs/sales/day=2024-01-01/a.parquet');
    await writeFile(join(cwd, 'linz.ndjson'), lines([{ id: 4, name: 'Di', city: 'Linz' }]));
    await writeFile(
      join(cwd, 'news.ndjson'),
      lines([
        { id: 2, name: null },
        { id: 7, name: 'Ed' },
      ]),
    );
    const page = await readFile(join(root, 'docs/writing-tables.md'), 'utf8');
    const commands = [...page.matchAll(/^\$ lakesmith (.*(?:\n {4}.*)*)$/gm)].map(([, line = '']) => line);
    expect(commands.length).toBeGreaterThan(8);
    for (const line of commands) {
      const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
      expect(await lakesmith(words, { cwd }), line).toMatchObject({ code: 0, stderr: '' });
    }
  });
});

describe('a table that is written by its path', () => {
  it('is made, filled once, changed and read', async () => {
    const schema = 'id BIGINT NOT NULL, name VARCHAR, day DATE, amount DECIMAL(20,2)';
    expect(await told('create', 't', '--schema', schema, '--partition-by', 'day')).toMatchObject({ version: 0 });
    const append = ['append', 't', '--from', 'people.csv', '--txn', 'loader:7'];
    expect(await told(...append)).toMatchObject({ version: 1, rowsWritten: 3, filesAdded: 2 });
    expect(await told(...append)).toMatchObject({ version: 1, rowsWritten: 0 });
    expect(await told('update', 't', '--set', "name = 'x, y', amount = amount + 1", '--where', 'id = 3')).toMatchObject(
      {
        version: 2,
        rowsChanged: 1,
        filesRemoved: 1,
      },
    );
    expect(await told('delete', 't', '--where', 'id = 2')).toMatchObject({ version: 3, rowsChanged: 1, filesAdded: 0 });
    expect(await told('delete', 't', '--where', 'id = 2')).toMatchObject({ version: 3, rowsWritten: 0 });
    const rows = await table('read', 't', '--json');
    expect(JSON.parse(rows.stdout)).toEqual(
      expect.arrayContaining([
        { id: 1, name: 'Ann', day: '2024-01-01', amount: '1.50' },
        { id: 3, name: 'x, y', day: '2024-01-01', amount: '9007199254740994.01' },
      ]),
    );
    expect(await table('check', 't', '--deep')).toMatchObject({ code: 0 });
    expect(await told('overwrite', 't', '--from', 'people.csv')).toMatchObject({ version: 4, filesRemoved: 1 });
    expect(await told('show', 't')).toMatchObject({ version: 4, txns: { loader: 7 } });
    expect(await told('restore', 't', '--version', '1')).toMatchObject({ version: 5, filesAdded: 2, filesRemoved: 2 });
    expect(await told('checkpoint', 't')).toMatchObject({ version: 5 });
    expect(await readdir(join(folder, 't/_delta_log'))).toContain('00000000000000000005.checkpoint.parquet');
    const { stdout } = await table('read', 't', '--where', 'id = 3', '--json');
    expect(JSON.parse(stdout)).toEqual([{ id: 3, name: null, day: '2024-01-01', amount: '9007199254740993.01' }]);
    const listed = await table('files', 't', '--version', '4', '--where', "day = date '2024-01-02'", '--json');
    const [gone]: { path: string }[] = JSON.parse(listed.stdout);
    await rm(join(folder, 't', gone?.path ?? ''));
    const { code, stderr } = await table('restore', 't', '--version', '4');
    expect([code, stderr]).toEqual([1, expect.stringContaining('was removed')]);
    expect(await told('restore', 't', '--version', '3')).toMatchObject({ version: 6, filesAdded: 1 });
  });

  it('is told what each command did, in words and as JSON', async () => {
    const what = { version: expect.any(Number), elapsedMs: expect.any(Number) };
    const files = { ...what, filesAdded: expect.any(Number), filesRemoved: expect.any(Number) };
    const rows = { ...files, rowsWritten: expect.any(Number), bytesWritten: expect.any(Number) };
    const counts = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, rowsChanged: 0 };
    const properties = ['--property', 'delta.enableTypeWidening=true'];
    await told('create', 'said', '--schema', 'id BIGINT, name VARCHAR, day DATE, amount VARCHAR', ...properties);
    for (const [expected, ...args] of [
      [rows, 'append', '--from', 'people.csv'],
      [rows, 'overwrite', '--from', 'people.csv'],
      [{ ...rows, rowsInserted: 3, rowsDeleted: 3 }, 'overwrite', '--from', 'people.csv', '--where', 'true'],
      [{ ...rows, ...counts, rowsUpdated: 1, rowsChanged: 1 }, 'update', '--set', "name = 'y'", '--where', 'id = 1'],
      [{ ...rows, ...counts }, 'update', '--set', "name = 'y'", '--where', 'id = 1'],
      [{ ...rows, ...counts, rowsDeleted: 1, rowsChanged: 1 }, 'delete', '--where', 'id = 2'],
      [{ ...rows, ...counts }, 'delete', '--where', 'id = 2'],
      [{ ...rows, ...counts, rowsInserted: 1 }, 'merge', '--from', 'people.csv', '--key', 'id', '--insert-only'],
      [{ ...rows, ...counts }, 'merge', '--from', 'people.csv', '--key', 'id', '--insert-only'],
      [files, 'alter', 'add', 'more INT'],
      [files, 'alter', 'comment', 'more', 'x'],
      [files, 'alter', 'comment', 'more', 'x'],
      [rows, 'optimize'],
      [rows, 'optimize'],
      [files, 'restore', '--version', '2'],
      [{ ...what, files: [], bytes: 0 }, 'vacuum', '--dry-run'],
      [what, 'checkpoint'],
      [what, 'checkpoint', '--compact'],
      [files, 'downgrade', '--feature', 'typeWidening'],
    ] as const) {
      const [command, ...options] = args;
      expect(await told(command, 'said', ...options), args.join(' ')).toMatchObject({ ok: true, ...expected });
    }
    const { stdout } = await table('append', 'said', '--from', 'people.csv');
    expect(stdout).toMatch(/^version \d+ · write · 3 rows written · 1 file added · \d+ B · \d+ ms\n$/);
    expect((await table('vacuum', 'said')).stdout).toMatch(/^version \d+ · 0 files deleted · 0 B · \d+ ms\n$/);
    expect((await table('checkpoint', 'said')).stdout).toMatch(/^version \d+ · checkpoint written · \d+ ms\n$/);
  });

  it('takes rows by their key', async () => {
    await told('append', 'm', '--from', 'people.csv', '--create');
    await writeFile(join(folder, 'news.csv'), 'ID,name,gone\n1,Anna,false\n4,Dan,false\n3,,true\n');
    expect(await table('merge', 'm', '--from', 'news.csv', '--key', 'id')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('LS2002'),
    });
    await writeFile(join(folder, 'news.csv'), 'ID,name\n1,Anna\n4,Dan\n3,\n2,Bob\n');
    const merge = [
      'merge',
      'm',
      '--from',
      'news.csv',
      '--key',
      'id',
      '--delete-when',
      'source.name is null and target.day < current_date',
    ];
    expect(await told(...merge)).toMatchObject({ version: 1, rowsInserted: 1, rowsUpdated: 1, rowsDeleted: 1 });
    const { stdout } = await table('read', 'm', '--columns', 'id,name,amount', '--json');
    expect(JSON.parse(stdout)).toEqual(
      expect.arrayContaining([
        { id: 1, name: 'Anna', amount: '1.50' },
        { id: 2, name: 'Bob', amount: '2.25' },
        { id: 4, name: 'Dan', amount: null },
      ]),
    );
    expect(await told('merge', 'm', '--from', 'news.csv', '--key', 'id', '--insert-only')).toMatchObject({
      version: 2,
      rowsInserted: 1,
    });
    expect(await told('merge', 'm', '--from', 'news.csv', '--key', 'id')).toMatchObject({ version: 2, rowsWritten: 0 });
  });

  it('is changed as a MERGE says', async () => {
    await told('append', 'g', '--from', 'people.csv', '--create');
    await writeFile(join(folder, 'ops.csv'), 'id,name,op,note\n1,Anna,u,x\n2,Bob,d,x\n4,Dan,i,y\n5,Eve,x,y\n');
    const merge = (sql: string, ...more: readonly string[]): readonly string[] => [
      ...['merge', 'g', '--from', 'ops.csv', '--sql', sql],
      ...more,
    ];
    const sql = `MERGE INTO people p USING "the ops" AS o ON p.id = o.id -- by the key
      WHEN MATCHED AND o.op = 'd' THEN DELETE
      WHEN MATCHED THEN UPDATE SET p.name = concat(o.name, ', WHEN')
      WHEN NOT MATCHED AND o.op IN ('i', 'u') THEN INSERT (id, name, day) VALUES (o.id, o.name, date '2024-02-01')
      WHEN NOT MATCHED BY SOURCE AND p.name IS NULL THEN UPDATE SET name = 'nobody'`;
    expect(await told(...merge(sql))).toMatchObject({ version: 1, rowsInserted: 1, rowsUpdated: 2, rowsDeleted: 1 });
    const { stdout } = await table('read', 'g', '--columns', 'id,name,day,amount', '--json');
    expect(JSON.parse(stdout)).toHaveLength(3);
    expect(JSON.parse(stdout)).toEqual(
      expect.arrayContaining([
        { id: 1, name: 'Anna, WHEN', day: '2024-01-01', amount: '1.50' },
        { id: 3, name: 'nobody', day: '2024-01-01', amount: '9007199254740993.01' },
        { id: 4, name: 'Dan', day: '2024-02-01', amount: null },
      ]),
    );
    const star = 'MERGE INTO g USING o ON g.id = o.id WHEN MATCHED THEN UPDATE SET *';
    const refused = await table(...merge(star));
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('no column day')]);
    expect(await told(...merge(star, '--schema-change'))).toMatchObject({ version: 2, rowsUpdated: 2 });
    expect(JSON.parse((await table('read', 'g', '--where', 'id = 4', '--json')).stdout)).toEqual([
      { id: 4, name: 'Dan', day: '2024-02-01', amount: null, op: 'i', note: 'y' },
    ]);
    for (const args of [merge(star, '--key', 'id'), merge('DELETE FROM g'), ['merge', 'g', '--from', 'ops.csv']])
      expect(await table(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining('LS4001') });
    expect(await table('check', 'g', '--deep')).toMatchObject({ code: 0 });
  });

  it('is overwritten in part', async () => {
    await told('create', 'o', '--schema', 'id BIGINT, name VARCHAR, day DATE, amount VARCHAR', '--partition-by', 'day');
    await told('append', 'o', '--from', 'people.csv');
    await writeFile(join(folder, 'day.csv'), 'id,name,day\n9,Zoe,2024-01-02\n');
    const overwrite = ['overwrite', 'o', '--from', 'day.csv'];
    const outside = await table(...overwrite, '--where', 'id < 3');
    expect([outside.code, outside.stderr]).toEqual([1, expect.stringMatching(/LS2201.*\(id 9, name Zoe/)]);
    expect(await told(...overwrite, '--where', "day = date '2024-01-02'")).toMatchObject({
      version: 2,
      rowsDeleted: 1,
      rowsInserted: 1,
      filesRemoved: 1,
    });
    await writeFile(join(folder, 'day.csv'), 'id,name,day\n8,Yan,2024-01-01\n');
    expect(await told(...overwrite, '--partitions')).toMatchObject({ version: 3, rowsDeleted: 2, rowsInserted: 1 });
    const { stdout } = await table('read', 'o', '--columns', 'id', '--json');
    expect(JSON.parse(stdout)).toEqual(expect.arrayContaining([{ id: 8 }, { id: 9 }]));
    expect(await table(...overwrite, '--partitions', '--schema-change')).toMatchObject({ code: 2 });
  });

  it('keeps its files when few rows go, if it may have deletion vectors', async () => {
    const rows = Array.from({ length: 100 }, (_, id) => `${JSON.stringify({ id, n: id })}\n`);
    await writeFile(join(folder, 'hundred.ndjson'), rows.join(''));
    const properties = ['delta.enableDeletionVectors=true', 'delta.enableChangeDataFeed=true'];
    await told('create', 'dv', '--schema', 'id BIGINT, n INTEGER', '--property', ...properties);
    await told('append', 'dv', '--from', 'hundred.ndjson');
    expect(await told('delete', 'dv', '--where', 'id in (3, 5)')).toMatchObject({ filesMarked: 1, filesAdded: 0 });
    expect(await told('update', 'dv', '--set', 'n = -n', '--where', 'id = 7')).toMatchObject({ filesMarked: 1 });
    const changes = await table('changes', 'dv', '--from', '2', '--json');
    expect(
      JSON.parse(changes.stdout)
        .map(({ _change_type: kind }: { _change_type: string }) => kind)
        .sort(),
    ).toEqual([...['delete', 'delete', 'update_postimage', 'update_preimage']]);
    expect(await table('check', 'dv', '--deep')).toMatchObject({ code: 0 });
    expect(await told('optimize', 'dv')).toMatchObject({ filesRemoved: 2, filesAdded: 1, rowsWritten: 98 });
    expect(await told('restore', 'dv', '--version', '2')).toMatchObject({ filesAdded: 1, filesRemoved: 1 });
    expect(JSON.parse((await table('read', 'dv', '--json')).stdout)).toHaveLength(98);
  });

  it('loses files that left it, when they may go', async () => {
    const feed = 'delta.enableChangeDataFeed=true';
    await told(
      'create',
      'v',
      '--schema',
      'id BIGINT, name VARCHAR, day DATE, amount VARCHAR',
      '--partition-by',
      'day',
      '--property',
      feed,
    );
    await told('append', 'v', '--from', 'people.csv');
    await told('delete', 'v', '--where', 'id = 3');
    await mkdir(join(folder, 'v/_others'));
    for (const name of ['_others/note.parquet', 'stray.parquet', '.hidden'])
      await writeFile(join(folder, 'v', name), 'x');
    expect(await told('vacuum', 'v')).toMatchObject({ files: [] });
    const early = await table('vacuum', 'v', '--retain', '0s');
    expect([early.code, early.stderr]).toEqual([2, expect.stringMatching(/LS4001.*168 hours/)]);
    const would = await told('vacuum', 'v', '--retain', '0s', '--force', '--dry-run');
    const files = (await readdir(join(folder, 'v'), { recursive: true })).length;
    expect(await told('vacuum', 'v', '--retain', '0s', '--force')).toMatchObject({ files: would['files'] });
    expect(would['files']).toEqual([
      expect.stringMatching(/^_change_data\/cdc-/),
      expect.stringMatching(/^day=2024-01-01\/part-/),
      'stray.parquet',
    ]);
    expect((await readdir(join(folder, 'v'), { recursive: true })).length).toBe(files - 3);
    expect(await table('check', 'v', '--deep')).toMatchObject({ code: 0 });
    const { stdout } = await table('read', 'v', '--columns', 'id', '--json');
    expect(JSON.parse(stdout)).toHaveLength(2);
    expect(await table('read', 'v', '--version', '1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('LS3004'),
    });
  });

  it('is made of a file, with the columns of the file', async () => {
    expect(await table('append', 'made', '--from', 'people.csv')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('LS3003'),
    });
    expect(await told('append', 'made', '--from', 'people.csv', '--create')).toMatchObject({
      version: 0,
      rowsWritten: 3,
    });
    const out = join(folder, 'copy.parquet');
    await table('read', 'made', '--out', out);
    expect(await told('append', 'made', '--from', out)).toMatchObject({ version: 1, rowsWritten: 3 });
  });

  it('takes rows from standard input', async () => {
    const piped = async (input: string, ...args: readonly string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await lakesmith(['table', ...args, '--from', '-', '--json'], {
        cwd: folder,
        input,
      });
      expect(code, stderr + stdout).toBe(0);
      return JSON.parse(stdout);
    };
    await told('create', 'piped', '--schema', 'id BIGINT, name VARCHAR');
    expect(await piped('id,name\n1,a\n2,b\n', 'append', 'piped')).toMatchObject({ rowsWritten: 2 });
    expect(await piped('{"id":2,"name":"c"}\n', 'merge', 'piped', '--key', 'id')).toMatchObject({ rowsUpdated: 1 });
    expect(await piped('id,name\n7,z\n', 'overwrite', 'piped')).toMatchObject({ rowsWritten: 1 });
    const { stdout } = await table('read', 'piped', '--json');
    expect(JSON.parse(stdout)).toEqual([{ id: 7, name: 'z' }]);
  });

  it.each([
    ['append', 'gone/a', '--from', 'people.csv'],
    ['append', 'gone/b', '--from', 'missing.csv', '--create'],
    ['create', 'gone/c', '--schema', 'id INT', '--constraint', 'c: nope > 1'],
    ['clone', 'missing', 'gone/d'],
  ])('leaves no folder behind when %s %s fails', async (...args) => {
    expect(await table(...args)).not.toMatchObject({ code: 0 });
    expect(await readdir(folder)).not.toContain('gone');
  });

  it.each([
    ['a NULL where none may be', 'id,name\n,x\n', 'LS2106'],
    ['a column that the table has not', 'id,nme\n1,x\n', 'LS2002'],
    ['a number that would be rounded', 'id,amount\n1,1.005\n', 'LS2004'],
    ['a text that is no number', 'id\nten\n', 'LS2004'],
  ])('refuses %s, and stays as it was', async (_, text, code) => {
    const path = `refusing-${code}-${text.length}`;
    await told('create', path, '--schema', 'id BIGINT NOT NULL, name VARCHAR, amount DECIMAL(12,2)');
    await writeFile(join(folder, `${path}.csv`), text);
    const { code: exit, stderr } = await table('append', path, '--from', `${path}.csv`);
    expect(exit).toBe(1);
    expect(stderr).toContain(code);
    expect(await told('show', path)).toMatchObject({ version: 0 });
  });

  it.each([
    ['rows by chance', ['delete', 'kept', '--where', 'random() < 0.5'], 'LS4001'],
    [
      'what reads another file',
      ['delete', 'kept', '--where', "id in (select id from read_csv('people.csv'))"],
      'LS4004',
    ],
    ['files by a column that is not there', ['optimize', 'kept', '--where', 'nope = 1'], 'LS2101'],
    ['a number as a condition', ['delete', 'kept', '--where', 'id'], 'LS4001'],
    ['a number as a condition of an update', ['update', 'kept', '--set', 'id = 1', '--where', '1'], 'LS4001'],
    [
      'a number as a condition of what is overwritten',
      ['overwrite', 'kept', '--from', 'people.csv', '--where', 'id'],
      'LS4001',
    ],
    [
      'a number as a condition of a merge',
      ['merge', 'kept', '--from', 'people.csv', '--key', 'id', '--delete-when', 'source.id'],
      'LS4001',
    ],
    [
      'a number as a condition of what no row has',
      [
        'merge',
        'kept',
        '--from',
        'people.csv',
        '--sql',
        'MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED BY SOURCE AND id THEN DELETE',
      ],
      'LS4001',
    ],
    ['a number as text', ['update', 'kept', '--set', 'name = 7'], 'LS2101'],
    ['a column that is not there', ['update', 'kept', '--set', 'nme = 1'], 'LS3003'],
    ['a partition of no column', ['create', 'kept2', '--schema', 'id BIGINT', '--partition-by', 'x'], 'LS4001'],
    ['a partition of bytes', ['create', 'kept2', '--schema', 'id BLOB', '--partition-by', 'id'], 'LS1401'],
    ['a type of no table', ['create', 'kept2', '--schema', 'id BIGNUM'], 'LS1401'],
    [
      'a table over a table',
      ['create', 'kept', '--schema', 'id BIGINT'],
      'LS3301  There is a Delta table here already',
    ],
    ['a clone over a table', ['clone', 'kept', 'kept'], 'LS4001'],
    ['a table in place of a file', ['create', 'people.csv', '--schema', 'id BIGINT'], 'LS4005'],
    ['a table below a file', ['append', 'people.csv/t', '--create', '--from', 'people.csv'], 'LS4005'],
    ['a clone in place of a file', ['clone', 'kept', 'people.csv'], 'LS4005'],
  ])('refuses %s', async (_, args, code) => {
    if (!(await readdir(folder)).includes('kept')) await told('append', 'kept', '--from', 'people.csv', '--create');
    const { code: exit, stderr } = await table(...args);
    expect(exit).not.toBe(0);
    expect(stderr).toContain(code);
    expect(await told('show', 'kept')).toMatchObject({ version: 0 });
  });
});
