import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, root, succeed, temporaryFolder } from '../support/command.ts';
import { DeltaRs } from '../support/delta-rs.ts';
import { peers, peerScripts } from '../support/peers.ts';
import { newestRelease } from '../support/read-lake.ts';
import { bringDay, retailDays } from '../support/retail-days.ts';
import { writeBatch, writeSmallProject } from '../support/small-project.ts';

const execute = promisify(execFile);
let folder = '';
let connection: DuckDBConnection;
/** Each table's folder and what the program itself reads from it, as a Parquet file. */
const tables: { name: string; path: string; version: number; ours: string; not?: readonly string[] }[] = [];

beforeAll(async () => {
  await execute('bash', [join(peerScripts, 'python/install.sh'), 'main'], { maxBuffer: 2 ** 26 });
  await execute('bash', [join(peerScripts, 'spark/install.sh')], { maxBuffer: 2 ** 26 });
  folder = await temporaryFolder();
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`set timezone = 'UTC'`);
  await makeRetail();
  await makeSmall();
  await makeWritten();
  await makeMarked();
  await makeSpliced();
  await makeLogs();
});
afterAll(async () => {
  connection.closeSync();
  await removeFolder(folder);
});

async function makeRetail(): Promise<void> {
  const project = join(folder, 'retail');
  await succeed(['init', project, '--sample']);
  await succeed(['run', '--project', project]);
  for (const day of retailDays) {
    await bringDay(project, day);
    await succeed(['run', '--project', project], { env: { LAKESMITH_CLOCK: `${day}T22:00:00Z` } });
  }
  await collect(project);
}

/** Enough commits for checkpoints: readers must understand those as well. */
async function makeSmall(): Promise<void> {
  const project = join(folder, 'small');
  await writeSmallProject(project);
  for (let batch = 0; batch < 13; batch += 1) {
    await writeBatch(project, batch);
    await succeed(['run', '--project', project]);
  }
  await collect(project);
}

/** A table that was written by its path: partitioned by values with signs in them, changed, merged, put together. */
async function makeWritten(): Promise<void> {
  const path = join(folder, 'written');
  const rows = join(folder, 'written.ndjson');
  const table = (...args: readonly string[]): Promise<string> => succeed(['table', ...args]);
  const schema = 'id BIGINT NOT NULL, place VARCHAR, at TIMESTAMP, amount DECIMAL(20,2), tags VARCHAR[]';
  const feed = 'delta.enableChangeDataFeed=true';
  await table('create', path, '--schema', schema, '--partition-by', 'place,at', '--property', feed);
  for (const shift of [0, 3]) {
    const some = Array.from({ length: 12 }, (_, i) => ({
      id: i + shift,
      place: ['a b/ü', 'x%y', null][i % 3],
      at: i % 4 === 0 ? null : `2024-01-0${1 + (i % 4)}T00:30:00.000001+01:00`,
      amount: `${9_007_199_254_740_993n + BigInt(i)}.25`,
      tags: i % 5 === 0 ? null : ['t', null],
    }));
    await writeFile(rows, some.map((row) => `${JSON.stringify(row)}\n`).join(''));
    if (shift === 0) await table('append', path, '--from', rows);
    else await table('merge', path, '--from', rows, '--key', 'id', '--delete-when', 'source.id = 7');
  }
  await table('update', path, '--set', 'amount = amount + 1', '--where', "place = 'x%y'");
  await table('delete', path, '--where', 'id = 4');
  await table('append', path, '--from', rows);
  await table('optimize', path);
  const ours = join(folder, 'written.parquet');
  await table('read', path, '--out', ours);
  tables.push({ name: 'written', path, version: 6, ours });
}

/** A table whose files have deletion vectors, one of them the second that its file has had, and rows that were merged in. */
async function makeMarked(): Promise<void> {
  const path = join(folder, 'marked');
  const rows = join(folder, 'marked.ndjson');
  const table = (...args: readonly string[]): Promise<string> => succeed(['table', ...args]);
  const properties = ['delta.enableDeletionVectors=true', 'delta.enableChangeDataFeed=true'];
  await table('create', path, '--schema', 'id BIGINT, name VARCHAR, place VARCHAR', '--property', ...properties);
  const write = async (from: number, count: number): Promise<void> => {
    const some = Array.from({ length: count }, (_, i) => ({ id: from + i, name: `n${from + i}`, place: 'ü' }));
    await writeFile(rows, some.map((row) => `${JSON.stringify(row)}\n`).join(''));
  };
  for (const from of [0, 200_000]) {
    await write(from, 200_000);
    await table('append', path, '--from', rows);
  }
  await table('delete', path, '--where', 'id % 97 = 5');
  await table('delete', path, '--where', 'id between 70000 and 75000');
  await table('update', path, '--set', "name = 'x'", '--where', 'id % 1000 = 0');
  await write(399_990, 20);
  const upsert =
    'WHEN MATCHED AND t.id = 399999 THEN DELETE WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *';
  await table('merge', path, '--from', rows, '--sql', `MERGE INTO t USING s ON t.id = s.id ${upsert}`);
  const ours = join(folder, 'marked.parquet');
  await table('read', path, '--out', ours);
  tables.push({ name: 'marked', path, version: 6, ours });
}

/** A table whose files took over the pages of most columns from others, and rows by which readers leave groups of them out. */
async function makeSpliced(): Promise<void> {
  const [path, rows, some] = ['spliced', 'spliced-rows.parquet', 'spliced-some.parquet'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const table = (...args: readonly string[]): Promise<string> => succeed(['table', ...args]);
  const columns = `i as id, (hash(i) % 1000)::int as n, ((hash(i * 3) % 100000) / 100)::decimal(12,2) as price, if(i % 7 = 0, null, 'name ' || hash(i)) as name,
    timestamptz '2026-01-01 00:00:00.123456+00' + to_seconds(i) as at, i / 3.0::double as x, ['t' || (i % 3), null] as tags`;
  await connection.run(`copy (select ${columns} from range(250000) t(i)) to '${rows}'`);
  await connection.run(
    `copy (select * replace (-n as n, if(id % 2 = 0, null, 'other ' || id) as name) from '${rows}' where hash(id) % 97 = 5) to '${some}'`,
  );
  await table('append', path, '--from', rows, '--create');
  await table('merge', path, '--from', some, '--key', 'id');
  await table('update', path, '--set', 'price = price + 0.01', '--where', 'id between 1000 and 1020 or id = 249999');
  const ours = join(folder, 'spliced.parquet');
  await table('read', path, '--out', ours);
  // What it should be is asked of the files that it was made of.
  const now = `select * replace (if(id between 1000 and 1020 or id = 249999, price + 0.01, price)::decimal(12,2) as price)
    from (from '${some}' union all (from '${rows}' anti join '${some}' using (id)))`;
  const wrong = await connection.runAndReadAll(
    `(${now} except all from '${ours}') union all (from '${ours}' except all ${now})`,
  );
  expect(wrong.currentRowCount).toBe(0);
  tables.push({ name: 'spliced', path, version: 2, ours });
}

/** Logs in every form that a table can ask for, with commits that are gone: only their checkpoints tell what they said. */
async function makeLogs(): Promise<void> {
  const rows = join(folder, 'logs.ndjson');
  const table = (...args: readonly string[]): Promise<string> => succeed(['table', ...args]);
  const schema = 'id BIGINT NOT NULL, place VARCHAR, at TIMESTAMP, amount DECIMAL(20,2), d DOUBLE';
  const short = ['delta.checkpointInterval=3', 'delta.logRetentionDuration=interval 0 seconds'];
  const typed = ['delta.checkpoint.writeStatsAsStruct=true', 'delta.enableInCommitTimestamps=true'];
  const v2 = ['delta.checkpointPolicy=v2', 'delta.checkpoint.writeStatsAsJson=false'];
  const withoutV2 = ['polars', 'delta-rs'];
  for (const [name, properties, not] of [
    ['plain', short, []],
    ['typed', [...short, ...typed], []],
    ['v2', [...short, ...typed, ...v2], withoutV2],
  ] as const) {
    const path = join(folder, `log-${name}`);
    const asked = properties.flatMap((property) => ['--property', property]);
    await table('create', path, '--schema', schema, '--partition-by', 'place,at', ...asked);
    for (let i = 1; i <= 6; i += 1) {
      const amount = '9007199254740993.25';
      const one = { id: i, place: 'a b/ü', at: `2024-01-0${i}T00:30:00.000001+01:00`, amount, d: -1.5e300 };
      const lines = [one, { id: 100 + i }].map((row) => `${JSON.stringify(row)}\n`);
      await writeFile(rows, lines.join(''));
      await table('append', path, '--from', rows);
    }
    await table('delete', path, '--where', 'id = 2');
    const ours = join(folder, `log-${name}.parquet`);
    await table('read', path, '--out', ours);
    expect(existsSync(join(path, '_delta_log/00000000000000000005.json'))).toBe(false);
    tables.push({ name: `log ${name}`, path, version: 7, ours, not });
  }
}

async function collect(project: string): Promise<void> {
  const release = await newestRelease(join(project, 'lake'));
  for (const [name, { path, version }] of Object.entries(release?.tables ?? {})) {
    const ours = join(folder, `${tables.length}.parquet`);
    await succeed(['query', `from ${name}`, '--out', ours, '--project', project]);
    tables.push({ name, path: join(project, 'lake', path), version, ours });
  }
}

interface Seen {
  readonly path: string;
  readonly version: number;
  readonly rows: number;
  readonly parquet?: string;
  readonly error?: unknown;
}

async function readBy(program: string, args: readonly string[]): Promise<ReadonlyMap<string, Seen>> {
  const answer = await execute(program, [...args, ...tables.map((table) => table.path)], { maxBuffer: 2 ** 28 }).catch(
    (error: { stdout?: string; stderr?: string }) => ({ stdout: error.stdout ?? '', stderr: error.stderr ?? '' }),
  );
  const lines = answer.stdout.split('\n').filter((line) => line.startsWith('{'));
  return new Map(lines.map((line) => JSON.parse(line) as Seen).map((seen) => [seen.path, seen]));
}

/** Rows that only one side has, by table; what a reader could not open says so. */
async function differences(seen: ReadonlyMap<string, Seen>, reader: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const { name, path, version, ours, not } of tables) {
    if (not?.includes(reader) === true) continue;
    const theirs = seen.get(path);
    if (theirs?.parquet === undefined) found[path] = theirs?.error ?? 'not opened';
    else if (theirs.version !== version) found[path] = `version ${theirs.version}, not ${version}`;
    else {
      const [a, b] = [`select * from read_parquet('${ours}')`, `select * from read_parquet('${theirs.parquet}')`];
      const rows = await connection.runAndReadAll(`(${a} except all ${b}) union all (${b} except all ${a})`);
      if (rows.currentRowCount > 0) found[`${name} ${path}`] = rows.getRowObjectsJson().slice(0, 2);
    }
  }
  return found;
}

describe('other readers of the same tables', () => {
  it('have tables with checkpoints before them', () => {
    const last = (path: string): boolean => existsSync(join(path, '_delta_log/_last_checkpoint'));
    expect(tables.filter((table) => last(table.path)).map((table) => table.name)).toContain('gold.by_kind');
  });

  it('have a table with deletion vectors before them', async () => {
    const files: { deletedRecords: number }[] = JSON.parse(
      await succeed(['table', 'files', join(folder, 'marked'), '--json']),
    );
    expect(files.filter(({ deletedRecords }) => deletedRecords > 2000)).toHaveLength(2);
  });

  it.each(['polars', 'duckdb'])('%s sees the same rows', async (reader) => {
    const out = await temporaryFolder();
    const seen = await readBy(join(peers, 'python/main/bin/python'), [
      join(peerScripts, 'python/check_tables.py'),
      '--reader',
      reader,
      '--out',
      out,
    ]);
    // DuckDB's reader does not say which version it read.
    const told =
      reader === 'duckdb'
        ? new Map([...seen].map(([path, table]) => [path, { ...table, version: versionOf(path) }]))
        : seen;
    expect(await differences(told, reader)).toEqual({});
    await removeFolder(out);
  });

  it('delta-rs sees the same rows', async () => {
    const out = await temporaryFolder();
    const seen = await readBy(join(peers, 'python/main/bin/python'), [
      join(root, 'tests/interop/read_with_delta_rs.py'),
      out,
    ]);
    expect(await differences(seen, 'delta-rs')).toEqual({});
    await removeFolder(out);
  });

  it('delta-rs finds some rows among many, which it does by leaving the others out', async () => {
    const [path, file] = [join(folder, 'many'), join(folder, 'many.parquet')];
    await connection.run(
      `copy (select (hash(i) % 1000000000)::bigint as id, 'p' || hash(i) as part, i::bigint as n from range(20000) as _(i)) to '${file}'`,
    );
    await succeed(['table', 'append', path, '--from', file, '--create']);
    const deltaRs = await DeltaRs.start();
    const rows = await deltaRs.ask({ path, kind: 'read', where: 'n % 97 = 3' });
    await deltaRs.stop();
    const expected = await connection.runAndReadAll(
      `select id::int id, part, n::int n from '${file}' where n % 97 = 3`,
    );
    const inOrder = (some: readonly object[]): readonly string[] => some.map((row) => JSON.stringify(row)).sort();
    expect(inOrder(rows)).toEqual(inOrder(expected.getRowObjects()));
  });

  it('Spark sees the same rows', async () => {
    const out = await temporaryFolder();
    const seen = await readBy(join(peers, 'spark/venv/bin/python'), [
      join(peerScripts, 'spark/check_tables.py'),
      '--out',
      out,
    ]);
    expect(await differences(seen, 'spark')).toEqual({});
    await removeFolder(out);
  });
});

function versionOf(path: string): number {
  return tables.find((table) => table.path === path)?.version ?? -1;
}
