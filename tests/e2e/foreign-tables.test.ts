import { copyFile, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeZ85 } from '../../packages/delta/src/dv/z85.ts';
import { encodeRowSet } from '../../packages/delta/src/testing/row-set-encoder.ts';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';

// Tables as other programs may write them, made by hand.

let folder: string;
let engine: DuckDBConnection;
let tables = 0;
beforeAll(async () => {
  folder = await temporaryFolder();
  engine = await (await DuckDBInstance.create(':memory:')).connect();
  await engine.run("SET TimeZone = 'UTC'");
});
afterAll(async () => {
  engine.closeSync();
  await removeFolder(folder);
});

interface Field {
  readonly name: string;
  readonly type: unknown;
}

const field = (name: string, type: unknown): Field => ({ name, type });

function metaData(...fields: readonly Field[]): Record<string, unknown> {
  const columns = fields.map((of) => ({ ...of, nullable: true, metadata: {} }));
  return {
    id: 'a',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({ type: 'struct', fields: columns }),
    partitionColumns: [],
    configuration: {},
    createdTime: 0,
  };
}

const features = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['deletionVectors', 'timestampNtz'] };
const protocol = { ...features, writerFeatures: features.readerFeatures };
const add = (path: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  add: { path, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true, ...more },
});

/** An empty folder for a table, with a log that holds these actions in its commits. */
async function makeTable(...commits: readonly (readonly Record<string, unknown>[])[]): Promise<string> {
  const table = join(folder, `table-${tables++}`);
  await mkdir(join(table, '_delta_log'), { recursive: true });
  for (const [version, actions] of commits.entries()) {
    const text = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
    await writeFile(join(table, '_delta_log', `${String(version).padStart(20, '0')}.json`), text);
  }
  return table;
}

async function writeParquet(path: string, sql: string): Promise<void> {
  await engine.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
}

async function json(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runHere(['table', ...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('a link that leads out of a table', () => {
  const ids = [1, 2, 3].map((id) => ({ id }));
  let table: string;
  let elsewhere: string;
  beforeAll(async () => {
    table = await makeTable([{ protocol }, { metaData: metaData(field('id', 'long')) }, add('part/a.parquet')]);
    elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    await writeParquet(join(elsewhere, 'a.parquet'), 'SELECT unnest([1, 2, 3]) AS id');
  });

  const place = async (link: 'file' | 'folder'): Promise<void> => {
    const part = join(table, 'part');
    await removeFolder(part);
    if (link === 'folder') return await symlink(elsewhere, part, 'dir');
    await mkdir(part);
    await symlink(join(elsewhere, 'a.parquet'), join(part, 'a.parquet'));
  };

  it.each(['file', 'folder'] as const)('is refused as a data %s, unless where it leads is allowed', async (link) => {
    await place(link);
    for (const args of [
      ['read', table],
      ['read', table, '--allow', dirname(folder) + '/other'],
      ['check', table, '--deep'],
    ]) {
      const { code, stdout, stderr } = await runHere(['table', ...args]);
      expect(code, args.join(' ')).toBe(1);
      expect(stdout + stderr).toContain('a link that leads out');
    }
    const { stderr } = await runHere(['table', 'read', table]);
    expect(stderr).toContain('LS3008');
    const query = await runHere(['query', 'select * from t', '--table', `t=${table}`]);
    expect(query).toMatchObject({ code: 1, stderr: expect.stringContaining('LS3008') });
    expect(await json('read', table, '--allow', elsewhere)).toEqual(ids);
  });

  it('is followed when it stays inside, and when the table itself is behind one', async () => {
    await removeFolder(join(table, 'part'));
    await mkdir(join(table, 'part'));
    await copyFile(join(elsewhere, 'a.parquet'), join(table, 'real.parquet'));
    await symlink(join(table, 'real.parquet'), join(table, 'part/a.parquet'));
    await symlink(table, join(folder, 'linked-table'), 'dir');
    for (const path of [table, join(folder, 'linked-table')]) expect(await json('read', path)).toEqual(ids);
  });

  it('is refused as a file that the log names elsewhere, unless its own place is allowed too', async () => {
    const allowed = join(folder, 'allowed');
    await mkdir(allowed);
    await symlink(join(elsewhere, 'a.parquet'), join(allowed, 'b.parquet'));
    const other = await makeTable([
      { protocol },
      { metaData: metaData(field('id', 'long')) },
      add(`file://${allowed}/b.parquet`),
    ]);
    const refused = await runHere(['table', 'read', other, '--allow', allowed]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('LS3008') });
    expect(await json('read', other, '--allow', allowed, '--allow', elsewhere)).toEqual(ids);
  });

  it('is refused as a part of a checkpoint', async () => {
    const other = await makeTable();
    const v2 = [...features.readerFeatures, 'v2Checkpoint'];
    const actions = [
      { checkpointMetadata: { version: 0 } },
      { protocol: { ...features, readerFeatures: v2, writerFeatures: v2 } },
      { metaData: metaData(field('id', 'long')) },
      { sidecar: { path: 'part.parquet', sizeInBytes: 1, modificationTime: 0 } },
    ];
    const name = '00000000000000000000.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json';
    await writeFile(join(other, '_delta_log', name), actions.map((action) => JSON.stringify(action)).join('\n'));
    await mkdir(join(other, '_delta_log/_sidecars'));
    const part = join(other, '_delta_log/_sidecars/part.parquet');
    await writeParquet(
      join(elsewhere, 'part.parquet'),
      `SELECT {'path': 'a.parquet', 'partitionValues': MAP {}::MAP(VARCHAR, VARCHAR), 'size': 1::BIGINT, 'modificationTime': 0::BIGINT, 'dataChange': false} AS add`,
    );
    await symlink(join(elsewhere, 'part.parquet'), part);
    const refused = await runHere(['table', 'show', other]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('LS3004') });
    await removeFolder(part);
    await copyFile(join(elsewhere, 'part.parquet'), part);
    expect(await json('show', other)).toMatchObject({ version: 0, files: 1 });
  });
});

/** A checkpoint; `adds` gives a column `add`. */
async function writeCheckpoint(path: string, adds: string, fields: readonly Field[]): Promise<void> {
  const { schemaString } = metaData(...fields);
  const names = "['deletionVectors', 'timestampNtz']";
  await writeParquet(
    path,
    `SELECT {'minReaderVersion': 3, 'minWriterVersion': 7, 'readerFeatures': ${names}, 'writerFeatures': ${names}} AS protocol
     UNION ALL BY NAME SELECT {'id': 'a', 'format': {'provider': 'parquet', 'options': MAP {}::MAP(VARCHAR, VARCHAR)},
       'schemaString': '${String(schemaString)}', 'partitionColumns': []::VARCHAR[], 'configuration': MAP {}::MAP(VARCHAR, VARCHAR)} AS metaData
     UNION ALL BY NAME ${adds}`,
  );
}

describe('a checkpoint whose statistics are columns only', () => {
  const fields = [
    field('id', 'long'),
    field('price', 'decimal(20,4)'),
    field('at', 'timestamp'),
    field('day', 'date'),
    field('name', 'string'),
    field('n', { type: 'struct', fields: [{ name: 'x', type: 'long', nullable: true, metadata: {} }] }),
  ];
  let table: string;
  beforeAll(async () => {
    table = await makeTable();
    const rowOf = (id: string): string => `${id} AS id, (${id} / 4)::DECIMAL(20,4) AS price,
      TIMESTAMPTZ '2020-01-01 00:00:00.000001+00' + to_days(${id}::INTEGER) AS "at", DATE '1969-12-30' + ${id}::INTEGER AS day,
      'name ' || chr(97 + ${id}::INTEGER) AS name, {'x': -(${id}::BIGINT)} AS n`;
    // Large numbers must not be rounded: as doubles, 9007199254740993 is 9007199254740992.
    const files = [0, 1, 2].map((i) => `SELECT ${rowOf('range')} FROM range(${i * 4}, ${i * 4 + 4})`);
    const big = `SELECT * REPLACE (id + 9007199254740990 AS id) FROM (${files[2]})`;
    const contents = [files[0] ?? '', files[1] ?? '', big];
    for (const [i, sql] of contents.entries()) await writeParquet(join(table, `f${i}.parquet`), sql);
    const bounds = (
      of: string,
    ): string => `{'id': ${of}(id), 'price': ${of}(price), 'at': date_trunc('millisecond', ${of}("at")),
      'day': ${of}(day), 'name': ${of}(name), 'n': {'x': ${of}(n.x)}}`;
    const adds = contents.map(
      (
        sql,
        i,
      ) => `SELECT {'path': 'f${i}.parquet', 'partitionValues': MAP {}::MAP(VARCHAR, VARCHAR), 'size': 1::BIGINT, 'modificationTime': 0::BIGINT,
        'dataChange': false, 'stats': NULL::VARCHAR, 'stats_parsed': {'numRecords': count(*), 'minValues': ${bounds('min')}, 'maxValues': ${bounds('max')},
        'nullCount': {'id': 0::BIGINT, 'price': 0::BIGINT, 'at': 0::BIGINT, 'day': 0::BIGINT, 'name': 0::BIGINT, 'n': {'x': 0::BIGINT}}}} AS add FROM (${sql})`,
    );
    const checkpoint = join(table, '_delta_log/00000000000000000003.checkpoint.parquet');
    await writeCheckpoint(checkpoint, adds.join(' UNION ALL BY NAME '), fields);
  });

  it('counts rows without reading them', async () => {
    expect(await json('show', table)).toMatchObject({ version: 3, files: 3, rows: 12 });
    const files = (await json('files', table)) as { readonly numRecords: number }[];
    expect(files.map(({ numRecords }) => numRecords)).toEqual([4, 4, 4]);
  });

  it.each([
    ['id = 5', 1, 1],
    ['id < 4', 1, 4],
    ['id = 9007199254740999', 1, 1],
    // Bounds are held as doubles, so that one is allowed for.
    ['id > 9007199254741001', 1, 0],
    ['id > 9007199254741010', 0, 0],
    ['price > 0.75 and price < 2', 1, 4],
    ['"at" > TIMESTAMPTZ \'2020-01-08 12:00:00+00\'', 1, 4],
    // The statistics are cut to milliseconds.
    ['"at" > TIMESTAMPTZ \'2020-01-12 00:00:00.0000005+00\'', 1, 1],
    ["day < DATE '1970-01-01'", 1, 2],
    ["name = 'name f'", 1, 1],
    ['n.x > -4', 1, 4],
    ['n.x < -100', 0, 0],
    ['id is null', 0, 0],
  ])('leaves out files (%s)', async (where, files, rows) => {
    expect(await json('files', table, '--where', where)).toHaveLength(files);
    expect(await json('read', table, '--where', where)).toHaveLength(rows);
  });
});

describe('a deletion vector of a file without a count of its rows', () => {
  it('takes its rows out; how many are left is not known without reading', async () => {
    const bytes = encodeRowSet([0, 3]);
    const vector = {
      storageType: 'i',
      pathOrInlineDv: encodeZ85(bytes),
      sizeInBytes: bytes.length,
      cardinality: 2,
    };
    for (const stats of [
      {},
      { stats: '{}' },
      { stats: '' },
      { stats: '{"minValues":{"id":0},"maxValues":{"id":4}}' },
    ]) {
      const table = await makeTable([
        { protocol },
        { metaData: metaData(field('id', 'long')) },
        add('a.parquet', { deletionVector: vector, ...stats }),
      ]);
      await writeParquet(join(table, 'a.parquet'), 'SELECT range AS id FROM range(5)');
      expect(await json('read', table)).toEqual([{ id: 1 }, { id: 2 }, { id: 4 }]);
      expect(await json('read', table, '--where', 'id >= 3')).toEqual([{ id: 4 }]);
      expect(await json('show', table)).toMatchObject({ rows: null });
    }
  });
});

describe('rows in a file', () => {
  it('are JSON like those on the terminal, where JSON has no number for them too', async () => {
    const table = await makeTable([
      { protocol },
      { metaData: metaData(field('n', 'long'), field('d', 'double'), field('b', 'binary')) },
      add('a.parquet'),
    ]);
    await writeParquet(
      join(table, 'a.parquet'),
      `SELECT unnest([9007199254740993, 1, NULL]) AS n, unnest(['NaN', '-Infinity', '0.5']::DOUBLE[]) AS d, '\\xFF'::BLOB AS b`,
    );
    const out = join(folder, 'rows.ndjson');
    await json('read', table, '--out', out);
    const lines = (await readFile(out, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { n: '9007199254740993', d: 'NaN', b: '/w==' },
      { n: 1, d: '-Infinity', b: '/w==' },
      { n: null, d: 0.5, b: '/w==' },
    ]);
    expect(await json('read', table)).toEqual(lines.map((line): unknown => JSON.parse(line)));
  });

  it('are not written where that cannot be, and what is there stays', async () => {
    const table = await makeTable([{ protocol }, { metaData: metaData(field('id', 'long')) }, add('a.parquet')]);
    await writeParquet(join(table, 'a.parquet'), 'SELECT 1 AS id');
    const place = join(folder, 'place');
    await mkdir(join(place, 'folder.csv'), { recursive: true });
    await writeFile(join(place, 'file'), 'kept');
    for (const name of ['none/rows.parquet', 'none/rows.ndjson', 'folder.csv', 'file/rows.csv']) {
      const answer = await runHere(['table', 'read', table, '--out', join(place, name)]);
      expect(answer, name).toMatchObject({ code: 2, stderr: expect.stringContaining('LS4005') });
    }
    expect((await readdir(place)).sort()).toEqual(['file', 'folder.csv']);
    expect(await readFile(join(place, 'file'), 'utf8')).toBe('kept');
  });
});

it('a day that does not exist is no time to read a table at', async () => {
  const table = await makeTable([{ protocol }, { metaData: metaData(field('id', 'long')) }]);
  const answer = await runHere(['table', 'read', table, '--as-of', '2999-02-30']);
  expect(answer).toMatchObject({ code: 2, stderr: expect.stringContaining('LS4001') });
  expect(await json('read', table, '--as-of', '2996-02-29')).toEqual([]);
});

it('statistics that say a field of a struct is always null are held against the rows', async () => {
  const struct = { type: 'struct', fields: [{ name: 'x', type: 'long', nullable: true, metadata: {} }] };
  const path = 'a.parquet';
  const table = await makeTable();
  const file = join(table, path);
  await writeParquet(file, `SELECT unnest([{'x': 1}, {'x': NULL}, NULL]) AS s`);
  const { size } = await stat(file);
  const check = async (x: number): Promise<unknown> => {
    const stats = JSON.stringify({ numRecords: 3, nullCount: { s: { x } } });
    const actions = [{ protocol }, { metaData: metaData(field('s', struct)) }, add(path, { size, stats })];
    const log = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
    await writeFile(join(table, '_delta_log/00000000000000000000.json'), log);
    const { stdout } = await runHere(['table', 'check', table, '--deep', '--json']);
    return JSON.parse(stdout);
  };
  // A row without the struct counts for some writers and not for others.
  for (const nulls of [1, 2]) expect(await check(nulls)).toEqual({ ok: true, findings: [] });
  expect(await check(3)).toMatchObject({ ok: false, findings: [{ rule: 'statistics-nulls', path }] });
});
